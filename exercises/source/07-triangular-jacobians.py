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
# # Soluciones 7. Jacobianos triangulares
#
# Las respuestas del cuaderno de ejercicios, cada una con su porqué.
# Conviene abrirlas después del segundo intento, no antes del primero.

# %% [markdown] tags=["lang-en", "solution"]
# # Solutions 7. Triangular Jacobians
#
# The answers to the exercise notebook, each with its reason.
# They are best opened after the second attempt, not before the first.

# %% [markdown] tags=["lang-es", "exercise"]
# # Ejercicios 7. Jacobianos triangulares
#
# Siete preguntas: cinco de funciones, una predicción que se mide y una elección
# con su porqué; unos 120 minutos en total.
# Usted aprenderá a calcular el determinante en $O(d)$, a invertir una función triangular
# que no tiene inversa explícita, a construir la que lleva una gaussiana a una distribución dada y a
# medir qué se pierde con una familia demasiado pobre.
#
# **Cómo se trabaja.** Cada pregunta tiene una celda con una o más funciones.
# Reemplace `raise NotImplementedError` por su código, ejecute la celda y luego
# la siguiente, que llama a `check`. La respuesta es un veredicto y, si algo
# no se cumple, una pista. Puede probar tantas veces como quiera.
#
# Antes de probar, `hint("e07.q1")` da una pista y hay tres por pregunta;
# `progress()` muestra lo que lleva hecho.

# %% [markdown] tags=["lang-es"]
# **Convenciones.** Los puntos llegan en un tensor de PyTorch de tipo `float64`
# y forma `(n, d)`, un punto por fila. Las coordenadas, que en las fórmulas se
# numeran desde 1, en el código se numeran desde 0. Los textos dentro del
# código están en inglés.

# %% [markdown] tags=["lang-en", "exercise"]
# # Exercises 7. Triangular Jacobians
#
# Seven questions: five of functions, a prediction to be measured and a choice with its
# reason; about 120 minutes in all. You will learn to compute the determinant in $O(d)$, to
# invert a triangular function that has no explicit inverse, to construct the one that carries a
# Gaussian to a given distribution, and to measure what is lost with too poor a family.
#
# **How to work.** Each question has a cell with one or more functions. Replace
# `raise NotImplementedError` by your code, run the cell and then the next one,
# which calls `check`. The answer is a verdict and, if something does not
# hold, a hint. You may try as often as you like.
#
# Before trying, `hint("e07.q1")` gives a hint, and there are three for each question;
# `progress()` shows what you have done.

# %% [markdown] tags=["lang-en"]
# **Conventions.** The points come in a PyTorch tensor of type `float64` and
# shape `(n, d)`, one point a row. Coordinates, numbered from 1 in the formulas,
# are numbered from 0 in the code. The texts inside the code are in English.

# %%
import math

import torch
from torch.special import log_ndtr, ndtr, ndtri

from nflib.course.check import (
    check,
    hint,
    language,
    predict,
    progress,
    solution,
)

language("{{lang}}")

# %% [markdown] tags=["lang-es"]
# ## 1. El determinante en $O(d)$ (10 minutos)
#
# Complete `log_abs_det(J)`: recibe `n` matrices triangulares, en un tensor de forma
# `(n, d, d)`, y devuelve $\log|\det J|$ de cada una, en un tensor de forma `(n,)`. Algunas
# son triangulares inferiores y otras superiores, y la diagonal puede tener números
# negativos.
#
# Prediga: con $d = 2000$ y la diagonal entre 0.2 y 0.7, ¿cuánto vale `torch.prod` de la
# diagonal? ¿Y el logaritmo pedido, aproximadamente?
#
# *Se revisa:* contra `slogdet` con $d = 4$; con $d = 2000$, contra la suma exacta; que no
# se calculen $d^2$ números para cada matriz.

# %% [markdown] tags=["lang-en"]
# ## 1. The determinant in $O(d)$ (10 minutes)
#
# Complete `log_abs_det(J)`: it receives `n` triangular matrices, in a tensor of shape
# `(n, d, d)`, and returns $\log|\det J|$ of each, in a tensor of shape `(n,)`. Some are
# lower and others upper triangular, and the diagonal may have negative numbers.
#
# Predict: with $d = 2000$ and the diagonal between 0.2 and 0.7, what is `torch.prod` of the
# diagonal? And the logarithm asked for, roughly?
#
# *What is checked:* against `slogdet` with $d = 4$; with $d = 2000$, against the exact sum; that
# no $d^2$ numbers are computed for each matrix.


# %% question="e07.q1"
def log_abs_det(J):
    """log|det J| of each of the triangular matrices J, shape (n, d, d)."""
    ### BEGIN SOLUTION
    diagonal = J.diagonal(dim1=1, dim2=2)
    return diagonal.abs().log().sum(1)
    ### END SOLUTION


# %% points=1
check("e07.q1", log_abs_det)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** En la suma sobre permutaciones que define el determinante, el único término sin
# ceros es el de la identidad: $\det J = \prod_i J_{ii}$, sea triangular inferior o superior.
# `diagonal` es una vista: no lee el resto de la matriz ni la copia.
#
# Con $d = 2000$ el producto es cercano a $e^{-1711}$ y el menor número positivo de `float64` es
# cercano a $e^{-744}$: `torch.prod` da 0 exacto y su logaritmo $-\infty$. Los 2000 logaritmos
# se suman sin dificultad, y cada uno tiene derivada.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** In the sum over permutations that defines the determinant, the only term without
# zeros is that of the identity: $\det J = \prod_i J_{ii}$, be it lower or upper triangular.
# `diagonal` is a view: it neither reads the rest of the matrix nor copies it.
#
# With $d = 2000$ the product is close to $e^{-1711}$, and the smallest positive number of
# `float64` is close to $e^{-744}$: `torch.prod` gives exactly 0 and its logarithm $-\infty$. The
# 2000 logarithms add up without difficulty, and each has a derivative.

# %% [markdown] tags=["lang-es"]
# ## 2. Una gaussiana como flujo triangular (15 minutos)
#
# Sea $Z \sim \mathcal N(0, I)$ en $\mathbb R^d$. Complete dos funciones:
#
# - `gaussian_flow(z, m, Sigma)`: una función $x = f(z)$, aplicada a cada fila de `z`, tal que
#   $f(Z) \sim \mathcal N(m, \Sigma)$, con jacobiano triangular **inferior** y diagonal positiva;
# - `gaussian_log_det(Sigma)`: $\log|\det J_f|$, un solo número.
#
# `m` tiene forma `(d,)` y `Sigma`, definida positiva, `(d, d)`. Están disponibles
# `torch.linalg.cholesky`, `eigh`, `svd` y `qr`.
#
# Prediga: ¿cuántas matrices $A$ cumplen $A A^{\mathsf T} = \Sigma$? ¿Cuántas son triangulares
# inferiores de diagonal positiva?
#
# *Se revisa:* la media y la covarianza de $f(Z)$, de manera exacta; los ceros sobre la diagonal
# de $J_f$; el signo de la diagonal; el determinante.

# %% [markdown] tags=["lang-en"]
# ## 2. A Gaussian as a triangular flow (15 minutes)
#
# Let $Z \sim \mathcal N(0, I)$ in $\mathbb R^d$. Complete two functions:
#
# - `gaussian_flow(z, m, Sigma)`: a function $x = f(z)$, applied to each row of `z`, such that
#   $f(Z) \sim \mathcal N(m, \Sigma)$, with a **lower** triangular Jacobian and a positive diagonal;
# - `gaussian_log_det(Sigma)`: $\log|\det J_f|$, a single number.
#
# `m` has shape `(d,)` and `Sigma`, positive definite, `(d, d)`. You have
# `torch.linalg.cholesky`, `eigh`, `svd` and `qr`.
#
# Predict: how many matrices $A$ satisfy $A A^{\mathsf T} = \Sigma$? How many are lower triangular
# with a positive diagonal?
#
# *What is checked:* the mean and the covariance of $f(Z)$, exactly; the zeros above the diagonal
# of $J_f$; the sign of the diagonal; the determinant.


# %% question="e07.q2"
def gaussian_flow(z, m, Sigma):
    """x = f(z), triangular and increasing; f(Z) has the law N(m, Sigma)."""
    ### BEGIN SOLUTION
    L = torch.linalg.cholesky(Sigma)
    return m + z @ L.T
    ### END SOLUTION


def gaussian_log_det(Sigma):
    """log|det J_f| of the flow above."""
    ### BEGIN SOLUTION
    L = torch.linalg.cholesky(Sigma)
    return L.diagonal().log().sum()
    ### END SOLUTION


# %% points=2
check("e07.q2", gaussian_flow, gaussian_log_det)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** Si $x = m + A z$, la distribución es $\mathcal N(m, A A^{\mathsf T})$. Hay infinitas raíces
# $A$: si una sirve, $A Q$ también, con $Q$ cualquier matriz ortogonal, y la densidad es la misma.
# La raíz simétrica es una de ellas; no sirve aquí porque $x_1$ dependería de todas las $z_i$. La
# única triangular inferior de diagonal positiva es el factor de Cholesky,
# $\Sigma = L L^{\mathsf T}$: la función de Knothe–Rosenblatt de esta distribución. Como los puntos son
# filas, $L z$ se escribe `z @ L.T`.
#
# El logaritmo pedido es $\sum_i \log L_{ii} = \tfrac12 \log\det\Sigma$. Con $L^{\mathsf T}$ en
# lugar de $L$ el determinante no cambia y la distribución sí: la covarianza sería $L^{\mathsf T} L$.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** If $x = m + A z$, the distribution is $\mathcal N(m, A A^{\mathsf T})$. There are infinitely
# many roots $A$: if one will do, so will $A Q$, with $Q$ any orthogonal matrix, and the density
# is the same. The symmetric root is one of them; it is no good here because $x_1$ would depend on
# all the $z_i$. The only lower triangular one with a positive diagonal is the Cholesky factor,
# $\Sigma = L L^{\mathsf T}$: the Knothe–Rosenblatt function of this distribution. As the points are rows,
# $L z$ is written `z @ L.T`.
#
# The logarithm asked for is $\sum_i \log L_{ii} = \tfrac12 \log\det\Sigma$. With $L^{\mathsf T}$
# in place of $L$ the determinant does not change and the distribution does: the covariance would be
# $L^{\mathsf T} L$.

# %% [markdown] tags=["lang-es"]
# ## 3. Invertir sin fórmula (25 minutos)
#
# Una función $f$ de $\mathbb R^d$ en $\mathbb R^d$ es triangular si sus coordenadas se leen en
# cierto orden: si `order` es la lista $[i_0, i_1, \dots]$, la coordenada $i_k$ de $f(z)$ depende
# solo de las coordenadas $i_0, \dots, i_k$ de $z$ y, como función de la última de ellas, es
# continua, estrictamente creciente y con imagen $\mathbb R$. No se sabe nada más de $f$: solo se
# la puede evaluar.
#
# Complete `invert(f, x, order)`, que devuelve el `z`, de forma `(n, d)`, con $f(z) = x$. `f` lleva
# `(n, d)` a `(n, d)`, fila por fila; ninguna coordenada de $z$ pasa de 50 en valor absoluto.
#
# `torch.where(condition, a, b)` elige en cada lugar.
#
# Prediga: si todas las coordenadas se buscan a la vez, ¿cuáles se encuentran?
#
# *Se revisa*, con error relativo menor que $10^{-8}$: una coordenada; cuatro, en orden; cuatro, en
# otro orden; una función de pendientes que van de 0.01 a $10^8$.

# %% [markdown] tags=["lang-en"]
# ## 3. To invert without a formula (25 minutes)
#
# A function $f$ from $\mathbb R^d$ to $\mathbb R^d$ is triangular if its coordinates are read in
# a certain order: if `order` is the list $[i_0, i_1, \dots]$, the coordinate $i_k$ of $f(z)$
# depends only on the coordinates $i_0, \dots, i_k$ of $z$ and, as a function of the
# last of them, is continuous, strictly increasing and with image $\mathbb R$. Nothing else is
# known of $f$: it can only be evaluated.
#
# Complete `invert(f, x, order)`, which returns the `z`, of shape `(n, d)`, with $f(z) = x$. `f`
# takes `(n, d)` to `(n, d)`, row by row; no coordinate of $z$ exceeds 50 in absolute value.
#
# `torch.where(condition, a, b)` chooses at each place.
#
# Predict: if all coordinates are searched for at the same time, which are found?
#
# *What is checked*, with a relative error below $10^{-8}$: one coordinate; four, in order; four, in
# another order; a function whose slopes go from 0.01 to $10^8$.


# %% question="e07.q3"
def invert(f, x, order):
    """The points z with f(z) = x, for f triangular in that order."""
    ### BEGIN SOLUTION
    found = torch.zeros_like(x)
    for i in order:
        low, high = -50.0, 50.0
        for _ in range(60):
            found[:, i] = (low + high) / 2
            too_low = f(found)[:, i] < x[:, i]
            low = torch.where(too_low, found[:, i], low)
            high = torch.where(too_low, high, found[:, i])
    return found
    ### END SOLUTION


# %% points=3
check("e07.q3", invert)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** La ecuación de la coordenada $i_0$ tiene una sola incógnita; resuelta esa, la de
# $i_1$ tiene una sola, y así hasta el final. Cada ecuación es la de una función creciente de la
# recta, y la bisección solo necesita eso: 60 mitades de un intervalo de largo 100 dejan
# $100 / 2^{60} < 10^{-16}$. Lo que `found` tenga en las coordenadas que aún no se buscaron no
# importa, porque esa coordenada de $f$ no las mira.
#
# El precio es la secuencia: $60\,d$ evaluaciones, y la de la coordenada $i_k$ no puede empezar
# antes de que terminen las anteriores. Buscando todas a la vez solo se asegura la primera: las
# demás descartan mitades con un criterio que cambia mientras las anteriores se mueven. El método
# de Newton desde 0 hace menos pasos donde funciona, pero con $\sinh$ en $x = 2.4 \cdot 10^8$ su
# primer paso llega a $z = 2.4 \cdot 10^8$, y allí $\sinh$ es infinito para la máquina.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** The equation of the coordinate $i_0$ has a single unknown; once it is solved, that of
# $i_1$ has a single one, and so on to the end. Each equation is that of an increasing function on
# the line, and bisection needs no more than that: 60 halvings of an interval of length 100 leave
# $100 / 2^{60} < 10^{-16}$. What `found` holds in the coordinates not yet searched for does not
# matter, because that coordinate of $f$ does not look at them.
#
# The price is the sequence: $60\,d$ evaluations, and that of the coordinate $i_k$ cannot begin
# before those before it have ended. If all are searched for at the same time, only the first is
# sure: the others discard halves by a criterion that changes while the earlier ones move.
# Newton's method from 0 takes fewer steps where it works, but with $\sinh$ at
# $x = 2.4 \cdot 10^8$ its first step goes to $z = 2.4 \cdot 10^8$, and there $\sinh$ is infinite
# for the machine.

# %% [markdown] tags=["lang-es"]
# ## 4. Knothe–Rosenblatt para una banana (25 minutos)
#
# La distribución logística tiene función de distribución $S(y) = 1 / (1 + e^{-y})$. Sea $X$ en el plano con
# $X_1$ logística y, dada $X_1 = x_1$,
#
# $$
# F_2(x_2 \mid x_1) = S\!\left(\frac{x_2 - x_1^2}{w(x_1)}\right), \qquad w(x_1) = \sqrt{1 + x_1^2} .
# $$
#
# Complete tres funciones:
#
# - `knothe(z)`: la función triangular creciente $G$ que lleva $\mathcal N(0, I)$ a la distribución de $X$,
#   de `(n, 2)` a `(n, 2)`;
# - `knothe_log_det(z)`: $\log|\det J_G(z)|$, de forma `(n,)`;
# - `rosenblatt(x)`: la inversa de $G$.
#
# `ndtr`, `log_ndtr` y `ndtri` son $\Phi$, $\log\Phi$ y $\Phi^{-1}$; `torch.sigmoid` es $S$ y
# `torch.logit` su inversa. `spread(x1)`, definida abajo, es $w$.
#
# Prediga: si en la segunda coordenada se pusiera $z_1$ donde va $x_1$, ¿seguiría siendo triangular?
# ¿Tendría la misma distribución?
#
# *Se revisa:* $F_1(G_1(z)) = \Phi(z_1)$ y $F_2(G_2(z) \mid G_1(z)) = \Phi(z_2)$ si $|z_i| \le 3$;
# los valores de $G$ en puntos con $|z_i|$ hasta 10; el determinante, contra el jacobiano
# automático; que la inversa devuelva $z$.

# %% [markdown] tags=["lang-en"]
# ## 4. Knothe–Rosenblatt for a banana (25 minutes)
#
# The logistic distribution has the distribution function $S(y) = 1 / (1 + e^{-y})$. Let $X$ in the plane
# have $X_1$ logistic and, given $X_1 = x_1$,
#
# $$
# F_2(x_2 \mid x_1) = S\!\left(\frac{x_2 - x_1^2}{w(x_1)}\right), \qquad w(x_1) = \sqrt{1 + x_1^2} .
# $$
#
# Complete three functions:
#
# - `knothe(z)`: the increasing triangular function $G$ that carries $\mathcal N(0, I)$ to the distribution
#   of $X$, from `(n, 2)` to `(n, 2)`;
# - `knothe_log_det(z)`: $\log|\det J_G(z)|$, of shape `(n,)`;
# - `rosenblatt(x)`: the inverse of $G$.
#
# `ndtr`, `log_ndtr` and `ndtri` are $\Phi$, $\log\Phi$ and $\Phi^{-1}$; `torch.sigmoid` is $S$
# and `torch.logit` its inverse. `spread(x1)`, defined below, is $w$.
#
# Predict: if the second coordinate had $z_1$ in place of $x_1$, would it still be triangular?
# Would it have the same distribution?
#
# *What is checked:* $F_1(G_1(z)) = \Phi(z_1)$ and $F_2(G_2(z) \mid G_1(z)) = \Phi(z_2)$ if
# $|z_i| \le 3$; the values of $G$ at points with $|z_i|$ up to 10; the determinant, against the
# automatic Jacobian; that the inverse gives $z$ back.


# %%
def spread(x1):
    """The width w of the law of X2 given x1."""
    return torch.sqrt(1 + x1**2)


# %% question="e07.q4"
def knothe(z):
    """G(z), for z of shape (n, 2)."""
    ### BEGIN SOLUTION
    x1, y = torch.unbind(log_ndtr(z) - log_ndtr(-z), dim=1)
    return torch.stack([x1, x1**2 + spread(x1) * y], dim=1)
    ### END SOLUTION


def knothe_log_det(z):
    """log|det J_G(z)|, shape (n,)."""
    ### BEGIN SOLUTION
    log_normal = -(z**2) / 2 - math.log(2 * math.pi) / 2
    log_slopes = log_normal - log_ndtr(z) - log_ndtr(-z)
    x1 = torch.logit(ndtr(z[:, 0]))
    return log_slopes.sum(1) + torch.log(spread(x1))
    ### END SOLUTION


def rosenblatt(x):
    """The z with G(z) = x."""
    ### BEGIN SOLUTION
    x1, x2 = torch.unbind(x, dim=1)
    y = torch.stack([x1, (x2 - x1**2) / spread(x1)], dim=1)
    return ndtri(torch.sigmoid(y))
    ### END SOLUTION


# %% points=3
check("e07.q4", knothe, knothe_log_det, rosenblatt)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** De $F_1(x_1) = \Phi(z_1)$ sale $x_1 = S^{-1}(\Phi(z_1))$, y de
# $F_2(x_2 \mid x_1) = \Phi(z_2)$ sale $x_2 = x_1^2 + w(x_1)\,S^{-1}(\Phi(z_2))$. Con $z_1$ en
# lugar de $x_1$ la función seguiría siendo triangular y creciente, pero llevaría la base a otra
# distribución: la condicional se da sabiendo $x_1$.
#
# Como $S^{-1}(u) = \log u - \log(1 - u)$ y $1 - \Phi(z) = \Phi(-z)$, cada cuantil es
# $\log\Phi(z) - \log\Phi(-z)$, exacto también en las colas; $1 - \Phi(9)$ calculado por resta da
# 0, y el cuantil, $\infty$.
#
# La derivada de ese cuantil es $\varphi(z) / \big(\Phi(z)\,\Phi(-z)\big)$: el cociente entre la
# densidad de la base y la logística, $S'(y) = S(y)\,S(-y)$. En la segunda coordenada la densidad
# de $X_2$ se divide entre $w(x_1)$, y la pendiente se multiplica: el determinante suma
# $\log w(x_1)$. La derivada de $x_2$ respecto de $z_1$, que es complicada, no hace falta.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** From $F_1(x_1) = \Phi(z_1)$ comes $x_1 = S^{-1}(\Phi(z_1))$, and from
# $F_2(x_2 \mid x_1) = \Phi(z_2)$ comes $x_2 = x_1^2 + w(x_1)\,S^{-1}(\Phi(z_2))$. With $z_1$ in
# place of $x_1$ the function would still be triangular and increasing, but would carry the base
# to another distribution: the conditional is given knowing $x_1$.
#
# As $S^{-1}(u) = \log u - \log(1 - u)$ and $1 - \Phi(z) = \Phi(-z)$, each quantile is
# $\log\Phi(z) - \log\Phi(-z)$, exact in the tails too; $1 - \Phi(9)$ computed by subtraction
# gives 0, and the quantile, $\infty$.
#
# The derivative of that quantile is $\varphi(z) / \big(\Phi(z)\,\Phi(-z)\big)$: the ratio between
# the density of the base and the logistic one, $S'(y) = S(y)\,S(-y)$. In the second coordinate
# the density of $X_2$ is divided by $w(x_1)$, and the slope is multiplied: the determinant adds
# $\log w(x_1)$. The derivative of $x_2$ with respect to $z_1$, which is complicated, is not
# needed.

# %% [markdown] tags=["lang-es"]
# ## 5. ¿Qué se pierde? (25 minutos)
#
# Sea $X_1 \sim \mathcal N(0, 1)$ y, dada $X_1 = x_1$,
# $X_2 \sim \mathcal N(m(x_1), \sigma^2(x_1))$. Un modelo con condicionales gaussianas en el orden
# $(1, 2)$ es exacto. Dos modelos no lo son.
#
# **Un solo ancho.** En el orden $(1, 2)$, el modelo puede elegir cualquier centro pero debe usar
# el mismo ancho $s$ para todos los $x_1$, como en una función cuyo determinante es
# constante. Con $\sigma(x_1) = e^{a x_1}$, ¿cuál es la menor divergencia KL de
# la distribución al modelo, en nats? Razone con papel y lápiz, y devuelva el número en
# `constant_width_loss(a)`, con `a` un número de Python.
#
# **El otro orden.** En el orden $(2, 1)$ el modelo da $X_2$ gaussiana y luego $X_1$ dada $x_2$,
# también gaussiana, con el mejor centro y el mejor ancho para cada $x_2$. Invente una distribución con la
# que ese modelo pierda al menos 2 nats: complete `centre(x1)` y `width(x1)`, las funciones $m$ y
# $\sigma$, de `(n,)` a `(n,)`. Para $|x_1| \le 5$ deben cumplir $|m| \le 30$ y
# $0.05 \le \sigma \le 10$. No hay una respuesta única.
#
# Prediga: ¿cuánto pierde el orden $(2, 1)$ si $m$ es lineal y $\sigma$ constante?
#
# *Se revisa:* el número, para varios $a$, con error menor que $10^{-6}$; los límites; lo que se
# pierde, por cuadratura. El veredicto dice cuánto pierde su distribución.

# %% [markdown] tags=["lang-en"]
# ## 5. What is lost? (25 minutes)
#
# Let $X_1 \sim \mathcal N(0, 1)$ and, given $X_1 = x_1$,
# $X_2 \sim \mathcal N(m(x_1), \sigma^2(x_1))$. A model with Gaussian conditionals in the order
# $(1, 2)$ is exact. Two models are not.
#
# **A single width.** In the order $(1, 2)$, the model may choose any centre but must use the same
# width $s$ for all $x_1$, as in a function whose determinant is constant.
# With $\sigma(x_1) = e^{a x_1}$, what is the least KL divergence from the distribution to the model, in
# nats? Reason with paper and pencil, and return the number in `constant_width_loss(a)`, with `a`
# a Python number.
#
# **The other order.** In the order $(2, 1)$ the model gives a Gaussian $X_2$ and then $X_1$ given
# $x_2$, Gaussian too, with the best centre and the best width for each $x_2$. Invent a distribution with
# which that model loses at least 2 nats: complete `centre(x1)` and `width(x1)`, the functions $m$
# and $\sigma$, from `(n,)` to `(n,)`. For $|x_1| \le 5$ they must satisfy $|m| \le 30$ and
# $0.05 \le \sigma \le 10$. There is no single answer.
#
# Predict: what does the order $(2, 1)$ lose if $m$ is linear and $\sigma$ constant?
#
# *What is checked:* the number, for several $a$, with an error below $10^{-6}$; the limits; what is
# lost, by quadrature. The verdict tells how much your distribution loses.


# %% question="e07.q5"
def constant_width_loss(a):
    """The least KL, in nats, of one width where the law has exp(a x1)."""
    ### BEGIN SOLUTION
    return a**2
    ### END SOLUTION


def centre(x1):
    """The mean of X2 given x1."""
    ### BEGIN SOLUTION
    return x1**2
    ### END SOLUTION


def width(x1):
    """The standard deviation of X2 given x1."""
    ### BEGIN SOLUTION
    return torch.full_like(x1, 0.05)
    ### END SOLUTION


# %% points=3
check("e07.q5", constant_width_loss, centre, width)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** Con el centro correcto, la entropía cruzada contra $\mathcal N(m, s^2)$ es
# $\tfrac12 \log(2\pi s^2) + \mathbb E[\sigma^2(X_1)] / (2 s^2)$, mínima en
# $s^2 = \mathbb E[\sigma^2(X_1)]$. Al restar la entropía queda
#
# $$
# \mathrm{KL} = \tfrac12 \log \mathbb E\big[\sigma^2(X_1)\big] - \mathbb E\big[\log\sigma(X_1)\big]
# = \tfrac12 \log e^{2a^2} - 0 = a^2 ,
# $$
#
# porque $\mathbb E[e^{2 a X_1}] = e^{2 a^2}$. Es lo que le falta a la desigualdad de Jensen
# para ser una igualdad; aquí coincide con la varianza de $\log\sigma(X_1)$.
#
# En el orden $(2, 1)$ lo que se pierde es $L_1 + L_2 - H(X)$, con
# $L_1 = \tfrac12 \mathbb E\big[\log(2\pi e \operatorname{Var}(X_1 \mid X_2))\big]$ y
# $L_2 = \tfrac12 \log(2\pi e \operatorname{Var}(X_2))$.
# Con $m(x_1) = x_1^2$ y $\sigma = 0.05$, de $x_2$ se sabe $|x_1|$ y no su signo: la condicional
# tiene dos modos angostos en $\pm\sqrt{x_2}$, y una gaussiana que los cubra a los dos pone
# masa en el hueco. Se pierden 2.82 nats; con $\sigma = 0.1$, 2.17; con $\sigma = 0.5$, 0.79. Al
# achicar $\sigma$ la pérdida crece sin límite, porque la entropía baja con $\log\sigma$ y la
# varianza condicional no. Con $m$ lineal y $\sigma$ constante la distribución es gaussiana y no se pierde
# nada. Otra respuesta: $m(x_1) = \sin(3 x_1)$, con varios modos; pierde 2.65 nats.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** With the right centre, the cross entropy against $\mathcal N(m, s^2)$ is
# $\tfrac12 \log(2\pi s^2) + \mathbb E[\sigma^2(X_1)] / (2 s^2)$, least at
# $s^2 = \mathbb E[\sigma^2(X_1)]$. Subtracting the entropy leaves
#
# $$
# \mathrm{KL} = \tfrac12 \log \mathbb E\big[\sigma^2(X_1)\big] - \mathbb E\big[\log\sigma(X_1)\big]
# = \tfrac12 \log e^{2a^2} - 0 = a^2 ,
# $$
#
# because $\mathbb E[e^{2 a X_1}] = e^{2 a^2}$. It is what Jensen's inequality lacks to be an
# equality; here it is also the variance of $\log\sigma(X_1)$.
#
# In the order $(2, 1)$ what is lost is $L_1 + L_2 - H(X)$, with
# $L_1 = \tfrac12 \mathbb E\big[\log(2\pi e \operatorname{Var}(X_1 \mid X_2))\big]$ and
# $L_2 = \tfrac12 \log(2\pi e \operatorname{Var}(X_2))$.
# With $m(x_1) = x_1^2$ and $\sigma = 0.05$, $x_2$ tells $|x_1|$ and not its sign: the conditional
# has two narrow modes at $\pm\sqrt{x_2}$, and a Gaussian that covers both puts mass in the
# gap. 2.82 nats are lost; with $\sigma = 0.1$, 2.17; with $\sigma = 0.5$, 0.79. As $\sigma$
# shrinks the loss grows without limit, because the entropy falls with $\log\sigma$ and the
# conditional variance does not. With $m$ linear and $\sigma$ constant the distribution is Gaussian and
# nothing is lost. Another answer: $m(x_1) = \sin(3 x_1)$, with several modes; it loses 2.65 nats.

# %% [markdown] tags=["lang-es"]
# ## 6. ¿Cuántas pasadas? (10 minutos)
#
# Para simular un MAF, $x_i = t_i(x_{<i}) + e^{s_i(x_{<i})} z_i$, se puede repetir
# $x \leftarrow t(x) + e^{s(x)} \odot z$ desde $x = 0$. Después de $k$ pasadas están bien, con
# seguridad, las primeras $k$ coordenadas; aquí $d = 64$. Las redes de abajo son triangulares, con pesos
# al azar, y cada coordenada depende de *todas* las anteriores.
#
# Prediga, en `guess`, cuántas pasadas hacen falta para que las 64 coordenadas de 100 puntos tengan
# un error menor que $10^{-6}$ con `network(0.1)`. Luego mida, y elija la explicación.
#
# *Se revisa:* que haya una predicción, que no cuenta como error, y la explicación.

# %% [markdown] tags=["lang-en"]
# ## 6. How many passes? (10 minutes)
#
# To sample from a MAF, $x_i = t_i(x_{<i}) + e^{s_i(x_{<i})} z_i$, one can repeat
# $x \leftarrow t(x) + e^{s(x)} \odot z$ from $x = 0$. After $k$ passes the first $k$
# coordinates are right for sure; here $d = 64$. The networks below are triangular, with random
# weights, and each coordinate depends on *all* those before it.
#
# Predict, in `guess`, how many passes are needed for the 64 coordinates of 100 points to have an
# error below $10^{-6}$ with `network(0.1)`. Then measure, and choose the explanation.
#
# *What is checked:* that there is a prediction, which counts as no mistake, and the explanation.


# %%
def network(size, d=64):
    """x -> (t, s), each with one weight for each earlier coordinate."""
    g = torch.Generator().manual_seed(0)
    W = size * torch.randn(2, d, d, generator=g).double().tril(-1)
    return lambda x: (torch.sin(x @ W[0].T), torch.tanh(x @ W[1].T))


def errors(net, n=100, d=64):
    """The largest error after 1, 2, ..., d passes."""
    g = torch.Generator().manual_seed(1)
    z = torch.randn(n, d, generator=g).double()
    x, passes = torch.zeros_like(z), []
    for _ in range(d):
        t, s = net(x)
        x = t + torch.exp(s) * z
        passes.append(x)
    return torch.stack([(each - x).abs().max() for each in passes])


# %% question="e07.q6"
### BEGIN SOLUTION
guess = 64
### END SOLUTION

# %%
predicted = predict("e07.q6", guess)

# %%
cases = {f"network({size})": network(size) for size in (0.05, 0.1, 0.4)}
cases["each coordinate copies the one before"] = lambda x: (
    torch.nn.functional.pad(x, (1, -1)),
    torch.zeros_like(x),
)
for name, net in cases.items():
    found = errors(net)
    passes = [1 + int((found >= e).sum()) for e in (1e-6, 1e-12)]
    print(f"{name}: {passes[0]} passes to 1e-6, {passes[1]} to 1e-12")
found = errors(network(0.1))
for k in (2, 4, 8, 16):
    print(f"network(0.1), pass {k}: error {found[k - 1]:.0e}")

# %% [markdown] tags=["lang-es"]
# ¿Por qué, en general, hacen falta muchas menos de 64? Escriba la letra en `explanation`.
#
# - **A.** En cada pasada quedan exactas varias coordenadas a la vez, las que no dependen unas de otras.
# - **B.** Lo que falta después de $k$ pasadas llega por cadenas de más de $k$ coordenadas, cada una anterior
#   a la siguiente, y se multiplica por una derivada en cada eslabón.
# - **C.** Cada pasada divide el error entre una misma constante, como en toda iteración que contrae.
# - **D.** Porque $10^{-6}$ es una tolerancia generosa; hasta el redondeo de `float64` harían falta 64.

# %% [markdown] tags=["lang-en"]
# Why are far fewer than 64 needed in general? Write the letter in `explanation`.
#
# - **A.** Each pass makes several coordinates exact at once, those that do not depend on one another.
# - **B.** What is missing after $k$ passes comes along chains of more than $k$ coordinates, each before
#   the next, and is multiplied by a derivative at each link.
# - **C.** Each pass divides the error by one and the same constant, as in every iteration that contracts.
# - **D.** Because $10^{-6}$ is a generous tolerance; down to the rounding of `float64` it would take 64.

# %% question="e07.q6" after="-2"
### BEGIN SOLUTION
explanation = "B"
### END SOLUTION

# %% points=2
check("e07.q6", predicted, explanation)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** Los errores de dos pasadas seguidas cumplen $\delta^{(k+1)} = N \delta^{(k)}$, con $N$ una
# matriz de derivadas (distinta en cada pasada) estrictamente triangular. Un producto de $k$ de ellas suma,
# para cada par, las cadenas de $k$ eslabones $j_0 < j_1 < \dots < j_k$, y cada cadena aporta un producto de
# $k$ derivadas. Cadenas hay a lo sumo $\binom{64}{k + 1}$, que crece cada vez menos y al final baja; los
# productos de derivadas chicas bajan siempre. Por eso `network(0.1)` llega a $10^{-6}$ en 15
# pasadas, y cada una gana más que la anterior: en una contracción ganarían todas lo mismo.
#
# Con derivadas mayores las cadenas largas pesan, y si cada coordenada copia la anterior la única cadena tiene
# 64 eslabones con derivada 1: ahí sí hacen falta las 64. «$d$ pasadas» es lo que está garantizado; lo que se usa
# depende de la red. Hay métodos de muestreo en paralelo que viven de esa diferencia.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** The errors of two passes in a row satisfy $\delta^{(k+1)} = N \delta^{(k)}$, with $N$ a matrix of
# derivatives (another one in each pass) that is strictly triangular. A product of $k$ of them adds, for each
# pair, the chains of $k$ links $j_0 < j_1 < \dots < j_k$, and each chain gives a product of
# $k$ derivatives. There are at most $\binom{64}{k + 1}$ chains, a number that grows less and less and in the end
# falls; products of small derivatives always fall. That is why `network(0.1)` gets to $10^{-6}$ in 15
# passes, and each gains more than the one before: in a contraction all would gain the same.
#
# With larger derivatives long chains weigh, and if each coordinate copies the one before, the only chain has
# 64 links with derivative 1: there the 64 are needed. “$d$ passes” is what is guaranteed; what is used
# depends on the network. There are methods of sampling in parallel that live on this difference.

# %% [markdown] tags=["lang-es"]
# ## 7. ¿Cuál puede ser una capa? (10 minutos)
#
# Las cuatro son triangulares y $C^1$ en $\mathbb R^2$:
#
# - **A.** $f(z) = \big(z_1^3,\; z_2 + e^{z_1}\big)$
# - **B.** $f(z) = \big(z_1,\; e^{z_1} \tanh z_2\big)$
# - **C.** $f(z) = \big(z_1,\; z_1 z_2 + z_2^3\big)$
# - **D.** $f(z) = \big(2 z_1 + \sin z_1,\; z_1^2 - 3 z_2\big)$
#
# Una sola es un difeomorfismo de $\mathbb R^2$ en $\mathbb R^2$: ¿cuál (`option`)? ¿Y qué condición
# sobre una $f$ triangular y $C^1$ lo garantiza, sin pedir de más (`reason`)?
#
# - **A.** $\det J_f(z) \ne 0$ en todo punto.
# - **B.** $\partial f_i / \partial z_i > 0$ en todo punto, para cada $i$.
# - **C.** Ninguna $\partial f_i / \partial z_i$ se anula y, fijas las coordenadas anteriores, $f_i$ recorre
#   toda la recta.
# - **D.** $f$ es una biyección.
#
# *Se revisa:* las dos letras.

# %% [markdown] tags=["lang-en"]
# ## 7. Which can be a layer? (10 minutes)
#
# All four are triangular and $C^1$ on $\mathbb R^2$:
#
# - **A.** $f(z) = \big(z_1^3,\; z_2 + e^{z_1}\big)$
# - **B.** $f(z) = \big(z_1,\; e^{z_1} \tanh z_2\big)$
# - **C.** $f(z) = \big(z_1,\; z_1 z_2 + z_2^3\big)$
# - **D.** $f(z) = \big(2 z_1 + \sin z_1,\; z_1^2 - 3 z_2\big)$
#
# Only one is a diffeomorphism from $\mathbb R^2$ to $\mathbb R^2$: which (`option`)? And which condition
# on a triangular $C^1$ map $f$ guarantees it, without asking too much (`reason`)?
#
# - **A.** $\det J_f(z) \ne 0$ at every point.
# - **B.** $\partial f_i / \partial z_i > 0$ at every point, for each $i$.
# - **C.** No $\partial f_i / \partial z_i$ vanishes and, with the earlier coordinates fixed, $f_i$ goes over
#   the whole line.
# - **D.** $f$ is a bijection.
#
# *What is checked:* the two letters.

# %% question="e07.q7"
### BEGIN SOLUTION
option = "D"
reason = "C"
### END SOLUTION

# %% points=2
check("e07.q7", option, reason)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** En **D** las derivadas de la diagonal son $2 + \cos z_1 \ge 1$ y $-3$, y cada coordenada
# recorre la recta. Que el determinante sea negativo solo dice que la función da vuelta el plano.
#
# **A** es biyectiva, pero $3 z_1^2$ se anula en $z_1 = 0$: la inversa no es $C^1$ y la densidad de $X$ es
# infinita en la recta $x_1 = 0$. **B** tiene determinante positivo en todo punto, y no llega a los puntos con
# $|x_2| \ge e^{x_1}$: un dato que caiga ahí no tiene código. En **C**, con $z_1 = -1$, los puntos $z_2 = -1$, $0$
# y $1$ van a parar al mismo lugar.
#
# Una derivada continua que no se anula tiene signo constante: cada $f_i$ es monótona en $z_i$, y si recorre la
# recta, cada ecuación de la sustitución hacia adelante tiene una sola solución. La condición **A** la cumple la
# función B, y también la **B**, que además descarta a D sin motivo; la **D** la cumple la función A.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** In **D** the derivatives of the diagonal are $2 + \cos z_1 \ge 1$ and $-3$, and each coordinate
# goes over the line. That the determinant is negative only says that the map turns the plane over.
#
# **A** is a bijection, but $3 z_1^2$ vanishes at $z_1 = 0$: the inverse is not $C^1$ and the density of $X$ is
# infinite on the line $x_1 = 0$. **B** has a positive determinant everywhere, and does not reach the points with
# $|x_2| \ge e^{x_1}$: a data point there has no code. In **C**, with $z_1 = -1$, the points $z_2 = -1$, $0$
# and $1$ end at the same place.
#
# A continuous derivative that does not vanish has a constant sign: each $f_i$ is monotone in $z_i$, and if it
# goes over the line, each equation of forward substitution has a single solution. Condition **A** holds for the
# function B, and so does **B**, which moreover rules out D for no reason; **D** holds for the function A.
