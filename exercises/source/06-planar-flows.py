# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---
# %% [markdown] tags=["lang-es", "solution"]
# # Soluciones 6. Flujos planos
#
# Las respuestas del cuaderno de ejercicios, cada una con su porqué.
# Conviene abrirlas después del segundo intento, no antes del primero.

# %% [markdown] tags=["lang-en", "solution"]
# # Solutions 6. Planar flows
#
# The answers to the exercise notebook, each with its reason.
# They are best opened after the second attempt, not before the first.

# %% [markdown] tags=["lang-es", "exercise"]
# # Ejercicios 6. Flujos planos
#
# Siete preguntas: cinco de programar, de la más sencilla a la más exigente, una función con un
# error y una demostración; unos 125 minutos en total. Usted programará una capa plana, la
# restricción que la hace invertible, la inversa que la clase omite y el gradiente a través de ella,
# y entrenará diez capas hacia una densidad conocida.
#
# **Cómo se trabaja.** Cada pregunta tiene una celda con una o más funciones.
# Reemplace `raise NotImplementedError` por su código, ejecute la celda y luego
# la siguiente, que llama a `check`. La respuesta es un veredicto y, si algo
# no se cumple, una pista. Puede probar tantas veces como quiera.
#
# Antes de probar, `hint("e06.q1")` da una pista y hay tres por pregunta;
# `progress()` muestra lo que lleva hecho.

# %% [markdown] tags=["lang-es"]
# **Convenciones.** Los puntos llegan en un tensor de PyTorch de tipo `float64` y forma `(n, d)`, un punto por
# fila; también los resultados son de tipo `float64`. La capa es
# $f(\mathbf z) = \mathbf z + \mathbf u \tanh(\mathbf w^{\mathsf T}\mathbf z + b)$, y
# $c = \mathbf w^{\mathsf T}\mathbf u$. Los textos dentro del código están en inglés.

# %% [markdown] tags=["lang-en", "exercise"]
# # Exercises 6. Planar flows
#
# Seven questions: five to program, from the simplest to the most demanding, a function with a
# mistake and a proof; about 125 minutes in all. You will program a planar layer, the constraint
# that makes it invertible, the inverse that the lecture leaves out and the gradient through it, and
# train ten layers towards a known density.
#
# **How to work.** Each question has a cell with one or more functions. Replace
# `raise NotImplementedError` by your code, run the cell and then the next one,
# which calls `check`. The answer is a verdict and, if something does not
# hold, a hint. You may try as often as you like.
#
# Before trying, `hint("e06.q1")` gives a hint, and there are three for each question;
# `progress()` shows what you have done.

# %% [markdown] tags=["lang-en"]
# **Conventions.** The points come in a PyTorch tensor of type `float64` and shape `(n, d)`, one point a row;
# results are of type `float64` as well. The layer is
# $f(\mathbf z) = \mathbf z + \mathbf u \tanh(\mathbf w^{\mathsf T}\mathbf z + b)$, and
# $c = \mathbf w^{\mathsf T}\mathbf u$. The texts inside the code are in English.

# %%
import math

import torch
from torch.optim.lr_scheduler import OneCycleLR

from nflib import ActNorm, Flow, PlanarStack, StandardNormal
from nflib.course.check import check, hint, language, progress, solution

language("{{lang}}")


def normal_log_density(z):
    """Log-density of N(0, I) at the points z, shape (n, d)."""
    d = z.shape[-1]
    return -(z**2).sum(-1) / 2 - d * math.log(2 * math.pi) / 2


# %% [markdown] tags=["lang-es"]
# ## 1. La capa y su determinante (15 minutos)
#
# Complete tres funciones; `w` y `u` tienen forma `(d,)` y `b` es un número de Python:
#
# - `planar(z, w, u, b)`, las imágenes de los puntos `z`, de forma `(n, d)`;
# - `log_abs_det(z, w, u, b)`, $\log|\det J_f|$ en cada punto, de forma `(n,)`, también si
#   $c < -1$;
# - `volume_range(w, u)`: si $c > -1$, entre qué dos números está $\det J_f(\mathbf z)$ cuando $\mathbf z$
#   recorre todo el espacio. Devuelva el ínfimo y el supremo, en ese orden, en un tensor
#   de forma `(2,)`.
#
# Prediga: ¿en qué puntos cambia más el volumen? ¿Puede una capa agrandar unas regiones
# y achicar otras?
#
# *Se revisa:* la capa para $d = 1, 2, 5, 50$; el logaritmo, contra el jacobiano
# automático, con error menor que $10^{-8}$; el ínfimo y el supremo, para $c$ de ambos signos.

# %% [markdown] tags=["lang-en"]
# ## 1. The layer and its determinant (15 minutes)
#
# Complete three functions; `w` and `u` have shape `(d,)` and `b` is a Python number:
#
# - `planar(z, w, u, b)`, the images of the points `z`, of shape `(n, d)`;
# - `log_abs_det(z, w, u, b)`, $\log|\det J_f|$ at each point, of shape `(n,)`, also if
#   $c < -1$;
# - `volume_range(w, u)`: if $c > -1$, between which two numbers is $\det J_f(\mathbf z)$ when $\mathbf z$
#   runs through all of space. Return the infimum and the supremum, in this order, in a
#   tensor of shape `(2,)`.
#
# Predict: at which points does the volume change most? Can one layer enlarge some
# regions and shrink others?
#
# *What is checked:* the layer for $d = 1, 2, 5, 50$; the logarithm, against the automatic
# Jacobian, with an error below $10^{-8}$; the infimum and the supremum, for $c$ of both signs.


# %% question="e06.q1"
def planar(z, w, u, b):
    """The images of the points z, shape (n, d)."""
    ### BEGIN SOLUTION
    return z + torch.tanh(z @ w + b)[:, None] * u
    ### END SOLUTION


def log_abs_det(z, w, u, b):
    """log|det J_f| at the points z, shape (n,)."""
    ### BEGIN SOLUTION
    slope = 1 - torch.tanh(z @ w + b) ** 2
    return torch.log(torch.abs(1 + slope * (w @ u)))
    ### END SOLUTION


def volume_range(w, u):
    """The infimum and the supremum of det J_f over all points, shape (2,)."""
    ### BEGIN SOLUTION
    det = 1 + w @ u  # on the hyperplane that does not move
    return torch.stack([det.clamp(max=1), det.clamp(min=1)])
    ### END SOLUTION


# %% points=2
check("e06.q1", planar, log_abs_det, volume_range)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** El jacobiano es $I + \varphi'\,\mathbf u\mathbf w^{\mathsf T}$ y el lema da $1 + \varphi'\,c$, con
# $\varphi' = 1 - \tanh^2$. La pendiente $\varphi'$ recorre $(0, 1]$: tiende a 0 lejos y vale 1 en el hiperplano
# $\mathbf w^{\mathsf T}\mathbf z + b = 0$. El determinante recorre, pues, los números entre 1, que no se alcanza, y
# $1 + c$, que se alcanza: con $c > 0$ la capa solo agranda, y con $c < 0$ solo achica. Para
# hacer las dos cosas hacen falta al menos dos capas.
#
# Con $c < -1$ el determinante cambia de signo y la capa ya no es invertible; el valor
# absoluto evita el NaN, no el problema.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** The Jacobian is $I + \varphi'\,\mathbf u\mathbf w^{\mathsf T}$ and the lemma gives $1 + \varphi'\,c$,
# with $\varphi' = 1 - \tanh^2$. The slope $\varphi'$ runs through $(0, 1]$: it goes to 0 far away and is 1 on
# the hyperplane $\mathbf w^{\mathsf T}\mathbf z + b = 0$. So the determinant runs through the numbers between
# 1, which is not reached, and $1 + c$, which is: with $c > 0$ the layer only enlarges, and with $c < 0$ it only
# shrinks. To do both takes at least two layers.
#
# With $c < -1$ the determinant changes sign and the layer is no longer invertible; the
# absolute value avoids the NaN, not the problem.

# %% [markdown] tags=["lang-es"]
# ## 2. La restricción (15 minutos)
#
# El entrenamiento mueve un vector libre $\mathbf v$; la capa usa $\hat{\mathbf u}$, el vector más cercano a
# $\mathbf v$ que cumple $\mathbf w^{\mathsf T}\hat{\mathbf u} = m(\mathbf w^{\mathsf T}\mathbf v)$. Complete
# dos funciones:
#
# - `m(p)`, que vale $-1 + \log\big(1 + (e - 1)\,e^p\big)$ en cada número de `p`, un tensor de cualquier
#   forma; debe servir para cualquier `p`, también 2000 y −2000;
# - `u_hat(w, v)`, los vectores $\hat{\mathbf u}$ de $n$ pares: `w`, `v` y el resultado tienen forma `(n, d)`.
#
# Prediga: con $\mathbf w = (0.3, 0.4)$, ¿qué pasa si se divide entre $\lVert\mathbf w\rVert$ en lugar de
# $\lVert\mathbf w\rVert^2$?
#
# *Se revisa:* los valores de `m`; que no desborde; 5000 pares con $\lVert\mathbf w\rVert$ entre 0.1 y 10,
# con $d = 2$ y con $d = 5$.

# %% [markdown] tags=["lang-en"]
# ## 2. The constraint (15 minutes)
#
# Training moves a free vector $\mathbf v$; the layer uses $\hat{\mathbf u}$, the vector nearest to $\mathbf v$
# that satisfies $\mathbf w^{\mathsf T}\hat{\mathbf u} = m(\mathbf w^{\mathsf T}\mathbf v)$. Complete two functions:
#
# - `m(p)`, which is $-1 + \log\big(1 + (e - 1)\,e^p\big)$ at each number of `p`, a tensor of any
#   shape; it must serve any `p`, also 2000 and −2000;
# - `u_hat(w, v)`, the vectors $\hat{\mathbf u}$ of $n$ pairs: `w`, `v` and the result have shape `(n, d)`.
#
# Predict: with $\mathbf w = (0.3, 0.4)$, what happens if one divides by $\lVert\mathbf w\rVert$ instead of
# $\lVert\mathbf w\rVert^2$?
#
# *What is checked:* the values of `m`; that it does not overflow; 5000 pairs with $\lVert\mathbf w\rVert$
# between 0.1 and 10, with $d = 2$ and with $d = 5$.


# %% question="e06.q2"
def m(p):
    """-1 + log(1 + (e - 1) exp(p)), for any p."""
    ### BEGIN SOLUTION
    return torch.nn.functional.softplus(p + math.log(math.expm1(1))) - 1
    ### END SOLUTION


def u_hat(w, v):
    """The vectors nearest to v whose product with w is m(w^T v)."""
    ### BEGIN SOLUTION
    p = (w * v).sum(1, keepdim=True)
    return v + (m(p) - p) * w / (w**2).sum(1, keepdim=True)
    ### END SOLUTION


# %% points=2
check("e06.q2", m, u_hat)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** Se pasa de $\mathbf v$ al hiperplano de los vectores que cumplen por el camino más corto, a lo
# largo de $\mathbf w$: $\hat{\mathbf u} = \mathbf v + k\,\mathbf w$. Al multiplicar por
# $\mathbf w^{\mathsf T}$, $m(p) = p + k\,\lVert\mathbf w\rVert^2$, y de ahí sale $k$. Con la norma sin elevar,
# el producto no es $m(p)$ salvo que $\lVert\mathbf w\rVert = 1$, y nada impide que quede por debajo de $-1$.
#
# Para que $m$ no desborde se mete el factor en el exponente, $(e - 1)\,e^p = e^{p + \log(e - 1)}$, y se usa
# `softplus`, que para un argumento grande devuelve el argumento mismo.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** One goes from $\mathbf v$ to the hyperplane of the vectors that comply by the shortest way, along
# $\mathbf w$: $\hat{\mathbf u} = \mathbf v + k\,\mathbf w$. Multiplying by $\mathbf w^{\mathsf T}$,
# $m(p) = p + k\,\lVert\mathbf w\rVert^2$, which gives $k$. With the norm not squared, the product is not $m(p)$
# unless $\lVert\mathbf w\rVert = 1$, and nothing keeps it from falling below $-1$.
#
# So that $m$ does not overflow, the factor goes into the exponent, $(e - 1)\,e^p = e^{p + \log(e - 1)}$, and
# `softplus` is used, which for a large argument returns the argument itself.

# %% [markdown] tags=["lang-es"]
# ## 3. La inversa exacta (20 minutos)
#
# Con $\alpha = \mathbf w^{\mathsf T}\mathbf z$, invertir la capa es resolver
# $\alpha + c \tanh(\alpha + b) = \mathbf w^{\mathsf T}\mathbf x$. Complete dos funciones, con $c > -1$:
#
# - `root(y, c, b)`, la solución $\alpha$ de $\alpha + c \tanh(\alpha + b) = y$ para cada `y`, de forma `(n,)`;
# - `inverse(x, w, u, b)`, los puntos $\mathbf z$ con $f(\mathbf z) = \mathbf x$, de forma `(n, d)`.
#
# El método lo elige usted. Prediga: ¿en qué intervalo está $\alpha$, si se sabe que $|\tanh| < 1$?
#
# *Se revisa:* 301 ecuaciones con error menor que $10^{-8}$ para cada
# $c = -0.5,\; 0.5,\; 6.655,\; 20,\; -0.99$; ida y vuelta hasta $d = 50$.

# %% [markdown] tags=["lang-en"]
# ## 3. The exact inverse (20 minutes)
#
# With $\alpha = \mathbf w^{\mathsf T}\mathbf z$, to invert the layer is to solve
# $\alpha + c \tanh(\alpha + b) = \mathbf w^{\mathsf T}\mathbf x$. Complete two functions, with $c > -1$:
#
# - `root(y, c, b)`, the solution $\alpha$ of $\alpha + c \tanh(\alpha + b) = y$ for each `y`, of shape `(n,)`;
# - `inverse(x, w, u, b)`, the points $\mathbf z$ with $f(\mathbf z) = \mathbf x$, of shape `(n, d)`.
#
# You choose the method. Predict: in which interval is $\alpha$, knowing that $|\tanh| < 1$?
#
# *What is checked:* 301 equations with an error below $10^{-8}$ for each
# $c = -0.5,\; 0.5,\; 6.655,\; 20,\; -0.99$; there and back up to $d = 50$.


# %% question="e06.q3"
def root(y, c, b):
    """The solution alpha of alpha + c tanh(alpha + b) = y, shape (n,)."""
    ### BEGIN SOLUTION
    low, high = y - abs(c), y + abs(c)
    for _ in range(60):
        alpha = (low + high) / 2
        above = alpha + c * torch.tanh(alpha + b) > y
        high = torch.where(above, alpha, high)
        low = torch.where(above, low, alpha)
    return alpha
    ### END SOLUTION


def inverse(x, w, u, b):
    """The points z that the layer takes to the points x, shape (n, d)."""
    ### BEGIN SOLUTION
    alpha = root(x @ w, w @ u, b)
    return x - torch.tanh(alpha + b)[:, None] * u
    ### END SOLUTION


# %% points=3
check("e06.q3", root, inverse)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** El miembro izquierdo crece con $\alpha$, y $\alpha$ difiere de $y$ en menos de $|c|$: la
# bisección no puede fallar, y con 60 mitades llega al redondeo. El método de Newton desde el punto de
# inflexión, $\alpha_0 = -b$, también converge siempre y en menos pasos; desde $\alpha_0 = y$ falla, con
# $c = 6.655$, $b = 0$ e $y$ entre $-12$ y $12$, en casi un tercio de los casos. Repetir
# $\alpha \leftarrow y - c\tanh(\alpha + b)$ solo converge siempre si $|c| < 1$, y con $c = -0.99$ lo hace con
# mucha lentitud cerca del centro.
#
# Una vez hallada $\alpha$ se sabe cuánto empujó la capa, y se resta. Toda la dificultad es de
# una sola dimensión, cualquiera sea $d$.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** The left side increases with $\alpha$, and $\alpha$ differs from $y$ by less than $|c|$: bisection
# cannot fail, and reaches rounding after 60 halvings. Newton's method from the inflection point,
# $\alpha_0 = -b$, always converges too, in fewer steps; from $\alpha_0 = y$ it fails, with $c = 6.655$, $b = 0$
# and $y$ between $-12$ and $12$, in nearly a third of the cases. To repeat
# $\alpha \leftarrow y - c\tanh(\alpha + b)$ always converges only if $|c| < 1$, and with $c = -0.99$ does so
# very slowly near the centre.
#
# Once $\alpha$ is found, one knows how far the layer pushed, and subtracts it. All the
# difficulty is of one dimension, whatever $d$ is.

# %% [markdown] tags=["lang-es"]
# ## 4. El gradiente a través de la inversa (20 minutos)
#
# Para entrenar con datos hay que derivar $\log p_X(\mathbf x)$ respecto de los parámetros. En el plano, con
# base $\mathcal N(0, I)$, sea `theta` el tensor $(w_1, w_2, u_1, u_2, b)$, con $c > -1$. Complete dos funciones:
#
# - `mean_log_prob(x, theta)`, el promedio de $\log p_X$ sobre los puntos `x`, un número;
# - `gradient(x, theta)`, su gradiente respecto de `theta`, de forma `(5,)`.
#
# `root_value(y, c, b)`, definida abajo, da la raíz de la pregunta 3: es un **valor**, por el
# que no pasa ningún gradiente. Para el gradiente puede usar `torch.autograd.grad`, o una
# fórmula escrita a mano.
#
# Prediga: si la raíz se trata como una constante, ¿cambia el valor? ¿Y el gradiente?
#
# *Se revisa:* el valor; el gradiente, contra diferencias centradas, con error menor que
# $10^{-5}$.

# %% [markdown] tags=["lang-en"]
# ## 4. The gradient through the inverse (20 minutes)
#
# To train on data, $\log p_X(\mathbf x)$ must be differentiated with respect to the parameters. In
# the plane, with base $\mathcal N(0, I)$, let `theta` be the tensor $(w_1, w_2, u_1, u_2, b)$, with
# $c > -1$. Complete two functions:
#
# - `mean_log_prob(x, theta)`, the mean of $\log p_X$ over the points `x`, one number;
# - `gradient(x, theta)`, its gradient with respect to `theta`, of shape `(5,)`.
#
# `root_value(y, c, b)`, defined below, gives the root of question 3: it is a **value**,
# through which no gradient passes. For the gradient you may use `torch.autograd.grad`, or
# a formula written by hand.
#
# Predict: if the root is treated as a constant, does the value change? And the gradient?
#
# *What is checked:* the value; the gradient, against central differences, with an error
# below $10^{-5}$.


# %%
from nflib.bijections.tanh_map import solve


def root_value(y, c, b):
    """The root of alpha + c tanh(alpha + b) = y, without gradient."""
    c, b = (torch.as_tensor(part, dtype=y.dtype).detach() for part in (c, b))
    y = y.detach()
    return solve(y + b, 1 + c) - b  # alpha + b solves a + c tanh(a) = y + b


# %% question="e06.q4"
def mean_log_prob(x, theta):
    """The mean of log p_X over the points x."""
    ### BEGIN SOLUTION
    w, u, b = theta[:2], theta[2:4], theta[4]
    y, c = x @ w, w @ u
    alpha = root_value(y, c, b)
    t = torch.tanh(alpha + b)
    # One step of Newton's method: no change of the value, the right slope
    alpha = alpha - (alpha + c * t - y) / (1 + c * (1 - t**2))
    t = torch.tanh(alpha + b)
    z = x - t[:, None] * u
    log_abs_det = torch.log(1 + c * (1 - t**2))
    return (normal_log_density(z) - log_abs_det).mean()
    ### END SOLUTION


def gradient(x, theta):
    """The gradient of mean_log_prob with respect to theta, shape (5,)."""
    ### BEGIN SOLUTION
    theta = theta.clone().requires_grad_()
    return torch.autograd.grad(mean_log_prob(x, theta), theta)[0]
    ### END SOLUTION


# %% points=3
check("e06.q4", mean_log_prob, gradient)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** Si $F(\alpha, \theta) = \alpha + c \tanh(\alpha + b) - y = 0$, entonces
# $\partial\alpha/\partial\theta = -F_\theta / F_\alpha$, y $F_\alpha$ es el determinante. Un paso de Newton
# desde la raíz, $\alpha - F/F_\alpha$, no la cambia, porque $F = 0$; su derivada, con $\alpha$ constante a la
# derecha, es $-F_\theta / F_\alpha$ (el denominador también se deriva, pero queda multiplicado por $F = 0$).
#
# Con la raíz como constante el valor es el mismo y el gradiente no: el entrenamiento
# avanza en una dirección que no es la de la pérdida, y nada avisa. Por eso conviene comparar
# con diferencias todo gradiente escrito a mano.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** If $F(\alpha, \theta) = \alpha + c \tanh(\alpha + b) - y = 0$, then
# $\partial\alpha/\partial\theta = -F_\theta / F_\alpha$, and $F_\alpha$ is the determinant. A Newton step from
# the root, $\alpha - F/F_\alpha$, does not change it, since $F = 0$; its derivative, with $\alpha$ constant on
# the right, is $-F_\theta / F_\alpha$ (the denominator is differentiated too, but is then multiplied by
# $F = 0$).
#
# With the root as a constant the value is the same and the gradient is not: training advances
# in a direction that is not that of the loss, and nothing gives notice. That is why every
# gradient written by hand is worth comparing with differences.

# %% [markdown] tags=["lang-es"]
# ## 5. Hacia una densidad conocida (30 minutos)
#
# La última pregunta es abierta. La energía $U_1$ de Rezende y Mohamed, dos bultos sobre un anillo, da la
# densidad $p(\mathbf x) = e^{-U_1(\mathbf x)} / \mathcal Z$, con $\log \mathcal Z = 1.8775$. Entrene un flujo
# con la divergencia inversa. Complete `learned(energy, z)`: `energy` es la función $U_1$, que lleva `(n, 2)` a
# `(n,)`, y `z` son puntos de la base $\mathcal N(0, I)$, de forma `(n, 2)`. El resultado es una tabla de forma
# `(n, 3)`: las dos coordenadas de $\mathbf x = f(\mathbf z)$ y, en la tercera columna, $\log q(\mathbf x)$,
# donde $q$ es la densidad del flujo.
#
# Puede usar `planar_flow(K)`, un flujo nuevo con una capa afín y $K$ planas, con
# `flow.bijection.forward(z)`, que devuelve el par $(f(\mathbf z), \log|\det J_f(\mathbf z)|)$; y
# `descend(flow, loss)`, que mueve los parámetros para bajar `loss(z, beta)`: recibe puntos
# nuevos de la base y un factor `beta`, que crece de 0.01 a 1 en la primera mitad de los pasos. Si
# usted multiplica la energía por él, las muestras se dispersan antes de asentarse. O
# elija otras capas y otro entrenamiento. Trabaje en `float64`: la revisión compara muestras
# cercanas.
#
# Prediga: ¿adónde van las muestras si se olvida el determinante en la pérdida?
#
# *Se revisa*, con 10 000 muestras: que la log-densidad corresponda a la función; que cada
# bulto reciba más del 35 %; que la divergencia inversa sea de 0.10 nats o menos.

# %% [markdown] tags=["lang-en"]
# ## 5. Towards a known density (30 minutes)
#
# The last question is open. The energy $U_1$ of Rezende and Mohamed, two lumps on a ring, gives the
# density $p(\mathbf x) = e^{-U_1(\mathbf x)} / \mathcal Z$, with $\log \mathcal Z = 1.8775$. Train a flow with the
# reverse divergence. Complete `learned(energy, z)`: `energy` is the function $U_1$, which takes `(n, 2)` to
# `(n,)`, and `z` are points of the base $\mathcal N(0, I)$, of shape `(n, 2)`. The result is a table of
# shape `(n, 3)`: the two coordinates of $\mathbf x = f(\mathbf z)$ and, in the third column,
# $\log q(\mathbf x)$, where $q$ is the density of the flow.
#
# You may use `planar_flow(K)`, a new flow with an affine layer and $K$ planar ones, with
# `flow.bijection.forward(z)`, which returns the pair $(f(\mathbf z), \log|\det J_f(\mathbf z)|)$; and
# `descend(flow, loss)`, which moves the parameters to lower `loss(z, beta)`: it gets new
# points of the base and a factor `beta`, which grows from 0.01 to 1 in the first half of the
# steps. If you multiply the energy by it, the samples scatter before they settle. Or choose
# other layers and another training. Work in `float64`: the check compares nearby samples.
#
# Predict: where do the samples go if the determinant is forgotten in the loss?
#
# *What is checked*, with 10,000 samples: that the log-density belongs to the map; that each
# lump gets more than 35 %; that the reverse divergence is 0.10 nats or less.


# %%
def planar_flow(K):
    """An affine layer that doubles, then K planar layers that learn."""
    first = ActNorm(2)
    torch.nn.init.constant_(first.s, math.log(2))
    stack = PlanarStack(2, K, torch.Generator().manual_seed(0))
    return Flow(StandardNormal(2), first, stack).double()


def descend(flow, loss, steps=1000, batch=256):
    """Adam on loss(z, beta), with new points z of the base in each step."""
    generator = torch.Generator().manual_seed(0)
    optimiser = torch.optim.Adam(flow.parameters(), lr=0.01)
    scheduler = OneCycleLR(optimiser, 0.01, total_steps=steps)
    for step in range(steps):
        z = torch.randn(batch, 2, generator=generator, dtype=torch.float64)
        optimiser.zero_grad()
        loss(z, min(1.0, 0.01 + 2 * step / steps)).backward()
        torch.nn.utils.clip_grad_norm_(flow.parameters(), 5.0)
        optimiser.step()
        scheduler.step()


# %% question="e06.q5"
def learned(energy, z):
    """Samples f(z) of a flow fitted to the energy, and their log-density."""
    ### BEGIN SOLUTION
    flow = planar_flow(10)

    def loss(z, beta):
        x, log_abs_det = flow.bijection.forward(z)
        return (beta * energy(x) - log_abs_det).mean()

    descend(flow, loss)
    x, log_abs_det = flow.bijection.forward(z)
    log_q = normal_log_density(z) - log_abs_det
    return torch.cat([x, log_q[:, None]], dim=1)
    ### END SOLUTION


# %% points=3
check("e06.q5", learned)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** La divergencia inversa es
# $\mathbb E[\log p_Z(\mathbf z) - \log|\det J_f(\mathbf z)| + U_1(f(\mathbf z))] + \log\mathcal Z$; el primer
# término y el último no dependen de los parámetros. Los otros dos tiran en sentidos opuestos: la energía junta
# las muestras donde $p$ es grande y el determinante las separa. Sin él se amontonan: en nuestra corrida, todas
# cerca de un solo máximo, a 5.8 nats.
#
# Con el determinante, diez capas llegan a 0.035 nats; si la energía no se atenúa al principio, quedan a 0.15. Con
# otra semilla puede perderse parte de un bulto sin que la pérdida lo muestre: por eso se cuentan las muestras de
# cada lado.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** The reverse divergence is
# $\mathbb E[\log p_Z(\mathbf z) - \log|\det J_f(\mathbf z)| + U_1(f(\mathbf z))] + \log\mathcal Z$; the first
# term and the last do not depend on the parameters. The other two pull in opposite directions: the energy
# gathers the samples where $p$ is large and the determinant keeps them apart. Without it they pile up: in our
# run, all near a single maximum, at 5.8 nats.
#
# With the determinant, ten layers arrive at 0.035 nats; if the energy is not weakened at the beginning, they
# stay at 0.15. With another seed part of a lump may be lost without the loss showing it: that is why the samples
# on each side are counted.

# %% [markdown] tags=["lang-es"]
# ## 6. Una línea equivocada (10 minutos)
#
# `log_q(z, layers)` debía dar $\log q$ en las imágenes de los puntos `z`, de forma `(n, 2)`, por
# varias capas planas: la lista `layers` tiene ternas `(w, u, b)`, todas con $c > -1$, y la base es
# $\mathcal N(0, I)$. Corre sin quejarse, pero un número la delata. Sobre muestras de $q$, el
# promedio de $p(\mathbf x)/q(\mathbf x)$ tiende a $\int p(\mathbf x)\,d\mathbf x = 1$, cualquiera
# sea la densidad $p$. La celda lo mide con $p = \mathcal N(0, I)$.
#
# Ponga en `line` el número de la línea que hay que cambiar, y complete `mended(z, layers)`, la misma función
# sin el error.
#
# Prediga: según lo medido, ¿la $q$ calculada es demasiado grande o demasiado pequeña? ¿Y los determinantes?
#
# *Se revisa:* la línea; $\log q$ contra el jacobiano automático de la cadena entera, con una capa y con tres, y
# error menor que $10^{-8}$.

# %% [markdown] tags=["lang-en"]
# ## 6. A wrong line (10 minutes)
#
# `log_q(z, layers)` should give $\log q$ at the images of the points `z`, of shape `(n, 2)`, by
# several planar layers: the list `layers` has triples `(w, u, b)`, all with $c > -1$, and the base
# is $\mathcal N(0, I)$. It runs without complaint, but a number gives it away. Over samples of $q$,
# the mean of $p(\mathbf x)/q(\mathbf x)$ tends to $\int p(\mathbf x)\,d\mathbf x = 1$, whatever the
# density $p$. The cell measures it with $p = \mathcal N(0, I)$.
#
# Put into `line` the number of the line that has to be changed, and complete `mended(z, layers)`, the same function
# without the mistake.
#
# Predict: by what was measured, is the computed $q$ too large or too small? And the determinants?
#
# *What is checked:* the line; $\log q$ against the automatic Jacobian of the whole chain, with one layer and with
# three, and an error below $10^{-8}$.


# %%
def log_q(z, layers):
    """log q at the images of the points z, shape (n,); it has a mistake."""
    x, found = z, normal_log_density(z)  # 1
    for w, u, b in layers:  # 2
        t = torch.tanh(x @ w + b)  # 3
        x = x + t[:, None] * u  # 4
        slope = 1 - torch.tanh(x @ w + b) ** 2  # 5
        found = found - torch.log(1 + slope * (w @ u))  # 6
    return found  # 7


def images(z, layers):
    """The points to which the layers take the points z."""
    for w, u, b in layers:
        z = z + torch.tanh(z @ w + b)[:, None] * u
    return z


numbers = torch.tensor([[2, 0], [1, 1], [0, 1.5], [1, 0.8]]).double()
layers = [(numbers[0], numbers[1], 0.5), (numbers[2], numbers[3], -0.3)]
z = torch.randn(100_000, 2, generator=torch.Generator().manual_seed(0))
z = z.double()
ratio = torch.exp(normal_log_density(images(z, layers)) - log_q(z, layers))
print(f"mean of p / q, which should be 1: {ratio.mean():.2f}")

# %% question="e06.q6"
### BEGIN SOLUTION
line = 5
### END SOLUTION


def mended(z, layers):
    """log q at the images of the points z, shape (n,)."""
    ### BEGIN SOLUTION
    x, found = z, normal_log_density(z)
    for w, u, b in layers:
        t = torch.tanh(x @ w + b)
        x = x + t[:, None] * u
        found = found - torch.log(1 + (1 - t**2) * (w @ u))
    return found
    ### END SOLUTION


# %% points=2
check("e06.q6", line, mended)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** El determinante de la capa $k$ es
# $1 + \varphi'(\mathbf w_k^{\mathsf T}\mathbf z_{k-1} + b_k)\,c_k$: se evalúa en el punto que
# *entra* en la capa. La línea 5 usa `x` cuando la 4 ya lo movió. La pendiente correcta es
# `1 - t**2`, y sale gratis: la tangente hiperbólica ya está calculada.
#
# Con $c > 0$ los puntos se alejan del hiperplano que no se mueve, y allí la pendiente es menor; con
# $c < 0$ se acercan, y es mayor. En los dos casos el determinante, $1 + c\,\varphi'$, sale demasiado pequeño,
# $q$ demasiado grande y el promedio, cerca de 0.6 en lugar de 1. La pérdida no lo muestra; un número como este,
# o el jacobiano automático, sí.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** The determinant of layer $k$ is
# $1 + \varphi'(\mathbf w_k^{\mathsf T}\mathbf z_{k-1} + b_k)\,c_k$: it is evaluated at the point
# that *enters* the layer. Line 5 uses `x` when line 4 has already moved it. The right slope is
# `1 - t**2`, and comes for free: the hyperbolic tangent has been computed.
#
# With $c > 0$ the points move away from the hyperplane that stays, and there the slope is smaller; with
# $c < 0$ they come closer, and it is larger. In both cases the determinant, $1 + c\,\varphi'$, comes out too small,
# $q$ too large and the mean, about 0.6 instead of 1. The loss does not show it; a number like this one, or the
# automatic Jacobian, does.

# %% [markdown] tags=["lang-es"]
# ## 7. En papel: con seno en lugar de tangente hiperbólica (15 minutos)
#
# Sea $f(\mathbf z) = \mathbf z + \mathbf u \sin(\mathbf w^{\mathsf T}\mathbf z + b)$ con
# $\mathbf w \ne \mathbf 0$ y $c = \mathbf w^{\mathsf T}\mathbf u$. Demuestre para qué valores de
# $c$ es $f$ un difeomorfismo $C^1$ de $\mathbb R^d$, diga qué pasa justo en el borde de esos
# valores, y explique por qué con seno no alcanza la condición $c > -1$. Puede usar las
# proposiciones del capítulo. Escriba la demostración en `proof`, entre las comillas triples; bastan
# diez renglones.
#
# Prediga: ¿qué valores toma la pendiente del seno? ¿Y cuáles toma la de la tangente hiperbólica?
#
# *Se revisa:* que haya un texto. Lo corrige una persona, o usted, con los criterios que muestra `check`.

# %% [markdown] tags=["lang-en"]
# ## 7. On paper: with a sine in place of the hyperbolic tangent (15 minutes)
#
# Let $f(\mathbf z) = \mathbf z + \mathbf u \sin(\mathbf w^{\mathsf T}\mathbf z + b)$
# with $\mathbf w \ne \mathbf 0$ and $c = \mathbf w^{\mathsf T}\mathbf u$. Prove for which values of $c$
# the map $f$ is a $C^1$ diffeomorphism of $\mathbb R^d$, say what happens right at the border of
# these values, and explain why the condition $c > -1$ is not enough with a sine. You may use the
# propositions of the chapter. Write the proof in `proof`, between the triple quotes; ten lines are
# enough.
#
# Predict: which values does the slope of the sine take? And which does that of the hyperbolic tangent?
#
# *What is checked:* that there is a text. A person marks it, or you yourself, with the criteria that `check` shows.

# %% question="e06.q7"
### BEGIN SOLUTION
proof = """
Multiplying by w^T, the coordinate a = w^T z becomes g(a) = a + c sin(a + b),
and det J_f = g'(a) = 1 + c cos(a + b). The sine is bounded and C^1, so f is a
C^1 diffeomorphism if and only if g' > 0 everywhere. The cosine takes all the
values of [-1, 1], so that the least value of g' is 1 - |c|: the condition is
|c| < 1. If |c| = 1, g' vanishes only at isolated points and g still increases
strictly: f is a bijection, but the determinant is 0 there and the inverse is
not C^1; the density can be infinite. If |c| > 1, g' < 0 somewhere, while g
goes to -inf and +inf: it takes some value twice, f is not injective. For c > 1
this happens although c > -1: the slope of tanh lies in (0, 1] and is never
negative, and that of the sine is, so that a large positive c folds as well.
"""
### END SOLUTION

# %% points=3
check("e06.q7", proof)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** Todo ocurre en una dimensión: $g(\alpha) = \alpha + c \sin(\alpha + b)$, con
# $g'(\alpha) = 1 + c\cos(\alpha + b) = \det J_f$. Con $\tanh$ la pendiente está en $(0, 1]$ y el
# menor determinante es $1 + c$ si $c < 0$: de ahí $c > -1$, sin cota superior. El coseno recorre
# $[-1, 1]$ y el menor determinante es $1 - |c|$: de ahí $|c| < 1$. La condición de la clase,
# $\varphi'\,\mathbf u^{\mathsf T}\mathbf w \ge -1$, es la misma en los dos casos; lo que cambia son
# los valores de $\varphi'$.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** Everything happens in one dimension: $g(\alpha) = \alpha + c \sin(\alpha + b)$, with
# $g'(\alpha) = 1 + c\cos(\alpha + b) = \det J_f$. With $\tanh$ the slope lies in $(0, 1]$ and the
# least determinant is $1 + c$ if $c < 0$: hence $c > -1$, with no bound above. The cosine runs
# through $[-1, 1]$ and the least determinant is $1 - |c|$: hence $|c| < 1$. The condition of the
# lecture, $\varphi'\,\mathbf u^{\mathsf T}\mathbf w \ge -1$, is the same in both cases; what
# changes are the values of $\varphi'$.
