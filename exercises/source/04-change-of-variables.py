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
# # Soluciones 4. Cambio de variables: caso general
#
# Las respuestas del cuaderno de ejercicios, cada una con su porqué.
# Conviene abrirlas después del segundo intento, no antes del primero.

# %% [markdown] tags=["lang-en", "solution"]
# # Solutions 4. Change of variables: the general case
#
# The answers to the exercise notebook, each with its reason.
# They are best opened after the second attempt, not before the first.

# %% [markdown] tags=["lang-es", "exercise"]
# # Ejercicios 4. Cambio de variables: caso general
#
# Siete preguntas: cinco de programar, de la más sencilla a la más exigente, una demostración con un
# error y una predicción; unos 110 minutos en total. Usted aprenderá a programar la fórmula del
# cambio de variables para cualquier función, a reconocer cuándo está en el sentido equivocado y a
# medir con muestras si una función es inyectiva.
#
# **Cómo se trabaja.** Cada pregunta tiene una celda con una o más funciones.
# Reemplace `raise NotImplementedError` por su código, ejecute la celda y luego
# la siguiente, que llama a `check`. La respuesta es un veredicto y, si algo
# no se cumple, una pista. Puede probar tantas veces como quiera.
#
# Antes de probar, `hint("e04.q1")` da una pista y hay tres por pregunta;
# `progress()` muestra lo que lleva hecho.

# %% [markdown] tags=["lang-es"]
# **Convenciones.** Los puntos llegan en un tensor de PyTorch de tipo `float64`
# y forma `(n, d)`, un punto por fila; casi siempre $d = 2$. Una densidad
# devuelve un valor por punto, en un tensor de forma `(n,)`. Los textos dentro
# del código están en inglés.

# %% [markdown] tags=["lang-en", "exercise"]
# # Exercises 4. Change of variables: the general case
#
# Seven questions: five to program, from the simplest to the most demanding, a proof with a mistake
# and a prediction; about 110 minutes in all. You will learn to program the change-of-variables
# formula for any map, to recognise when it runs in the wrong direction, and to measure with samples
# whether a map is injective.
#
# **How to work.** Each question has a cell with one or more functions. Replace
# `raise NotImplementedError` by your code, run the cell and then the next one,
# which calls `check`. The answer is a verdict and, if something does not
# hold, a hint. You may try as often as you like.
#
# Before trying, `hint("e04.q1")` gives a hint, and there are three for each question;
# `progress()` shows what you have done.

# %% [markdown] tags=["lang-en"]
# **Conventions.** The points come in a PyTorch tensor of type `float64` and
# shape `(n, d)`, one point a row; nearly always $d = 2$. A density returns one
# value for each point, in a tensor of shape `(n,)`. The texts inside the code
# are in English.

# %%
import math

import torch
from torch.func import jacrev, vmap

from nflib.course.check import check, hint, language, progress, solution
from nflib.course.check.prediction import predict

language("{{lang}}")


def normal_density(z):
    """Density of N(0, I) at the points z, shape (n, d)."""
    d = z.shape[-1]
    return torch.exp(-(z**2).sum(-1) / 2) / (2 * math.pi) ** (d / 2)


# %% [markdown] tags=["lang-es"]
# ## 1. La fórmula, para cualquier función (15 minutos)
#
# Sea $X = f(Z)$ con $f$ un difeomorfismo de $\mathbb R^d$. Complete
# `logpdf(x, f_inv, base_logpdf)`, que devuelve $\log p_X(x)$, un valor por
# punto. Recibe:
#
# - `x`, de forma `(n, d)`;
# - `f_inv`, la función $f^{-1}$: lleva `(n, d)` a `(n, d)`, cada fila por sí
#   sola, y también un punto solo, de forma `(d,)`, a otro;
# - `base_logpdf`, la función $\log p_Z$: lleva `(n, d)` a `(n,)`.
#
# `jacrev(g)` es una función que da la matriz jacobiana de `g` en un punto;
# `vmap(h)` aplica `h` a cada fila. `torch.linalg.slogdet` da el signo y el
# logaritmo del valor absoluto de cada determinante.
#
# Prediga: ¿qué signo tiene $\log|\det J_{f^{-1}}(x)|$ si $f$ agranda las áreas?
#
# *Se revisa*, con error menor que $10^{-8}$: una rotación con escala; una
# función que invierte la orientación; la log-normal, cuyo jacobiano cambia de un
# punto a otro; la dimensión 3; una base que no es gaussiana.

# %% [markdown] tags=["lang-en"]
# ## 1. The formula, for any map (15 minutes)
#
# Let $X = f(Z)$ with $f$ a diffeomorphism of $\mathbb R^d$. Complete
# `logpdf(x, f_inv, base_logpdf)`, which returns $\log p_X(x)$, one value for
# each point. It receives:
#
# - `x`, of shape `(n, d)`;
# - `f_inv`, the map $f^{-1}$: it takes `(n, d)` to `(n, d)`, each row by
#   itself, and also a single point, of shape `(d,)`, to another;
# - `base_logpdf`, the function $\log p_Z$: it takes `(n, d)` to `(n,)`.
#
# `jacrev(g)` is a function that gives the Jacobian matrix of `g` at a point;
# `vmap(h)` applies `h` to each row. `torch.linalg.slogdet` gives the sign and
# the logarithm of the absolute value of each determinant.
#
# Predict: which sign has $\log|\det J_{f^{-1}}(x)|$ if $f$ enlarges areas?
#
# *What is checked*, with an error below $10^{-8}$: a rotation with a scaling; a
# map that reverses orientation; the log-normal distribution, whose Jacobian changes from
# point to point; dimension 3; a base that is not Gaussian.

# %% question="e04.q1"
def logpdf(x, f_inv, base_logpdf):
    """log p_X at the points x, where X = f(Z) and f_inv inverts f."""
    ### BEGIN SOLUTION
    jacobians = vmap(jacrev(f_inv))(x)
    log_abs_det = torch.linalg.slogdet(jacobians).logabsdet
    return base_logpdf(f_inv(x)) + log_abs_det
    ### END SOLUTION


# %% points=2
check("e04.q1", logpdf)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** Es la fórmula, renglón por renglón:
# $\log p_X(x) = \log p_Z(f^{-1}(x)) + \log|\det J_{f^{-1}}(x)|$. El jacobiano es el de
# la inversa y se evalúa en $x$. Si $f$ agranda las áreas, su inversa las achica:
# el término es negativo y la densidad baja.
#
# Para $\sqrt2$ por una rotación de 0.7 radianes, el término vale $-\ln 2 = -0.6931$; el
# producto de la diagonal daría $-1.2293$. La diagonal alcanza si la matriz es
# triangular, y de eso tratará un capítulo entero. Como `jacrev` cuesta $d$ derivadas
# y el determinante $d^3$ operaciones, esta función sirve para revisar un flujo,
# no para entrenarlo.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** It is the formula, line by line:
# $\log p_X(x) = \log p_Z(f^{-1}(x)) + \log|\det J_{f^{-1}}(x)|$. The Jacobian is that of
# the inverse and is evaluated at $x$. If $f$ enlarges areas, its inverse shrinks
# them: the term is negative and the density falls.
#
# For $\sqrt2$ times a rotation by 0.7 radians the term is $-\ln 2 = -0.6931$; the
# product of the diagonal would give $-1.2293$. The diagonal is enough if the
# matrix is triangular, and a whole chapter will be about that. As `jacrev` costs
# $d$ derivatives and the determinant $d^3$ operations, this function serves to
# check a flow, not to train it.

# %% [markdown] tags=["lang-es"]
# ## 2. Dos uniformes, dos gaussianas (20 minutos)
#
# La transformación de Box–Muller lleva el cuadrado $(0, 1)^2$ al plano:
#
# $$
# x_1 = \sqrt{-2 \ln u_1}\,\cos(2\pi u_2), \qquad
# x_2 = \sqrt{-2 \ln u_1}\,\sin(2\pi u_2).
# $$
#
# Complete tres funciones:
#
# - `box_muller(u)`, la transformación, de `(n, 2)` a `(n, 2)`;
# - `box_muller_det(u)`, el determinante de su jacobiano, con su signo;
# - `box_muller_density(x)`, la densidad de $X$ si $U$ es uniforme en $(0, 1)^2$. Calcúlela
#   con el determinante: $p_U = 1$, y $u_1$ se despeja de $\|x\|^2$.
#
# `torch.stack([a, b], dim=1)` arma los puntos a partir de sus coordenadas.
#
# Prediga: al crecer $u_2$ con $u_1$ fijo, ¿en qué sentido gira $x$? ¿Y qué hace
# $\|x\|$ al crecer $u_1$? ¿Qué signo tiene entonces el determinante?
#
# *Se revisa:* el radio y el ángulo; el determinante, contra el jacobiano
# automático; que la densidad no sea negativa, integre 1 y dé a la imagen de
# cada pedacito del cuadrado la misma probabilidad que al pedacito.

# %% [markdown] tags=["lang-en"]
# ## 2. Two uniforms, two Gaussians (20 minutes)
#
# The Box–Muller transform takes the square $(0, 1)^2$ to the plane:
#
# $$
# x_1 = \sqrt{-2 \ln u_1}\,\cos(2\pi u_2), \qquad
# x_2 = \sqrt{-2 \ln u_1}\,\sin(2\pi u_2).
# $$
#
# Complete three functions:
#
# - `box_muller(u)`, the transform, from `(n, 2)` to `(n, 2)`;
# - `box_muller_det(u)`, the determinant of its Jacobian, with its sign;
# - `box_muller_density(x)`, the density of $X$ if $U$ is uniform on $(0, 1)^2$. Compute it
#   with the determinant: $p_U = 1$, and $u_1$ is solved for from $\|x\|^2$.
#
# `torch.stack([a, b], dim=1)` makes the points from their coordinates.
#
# Predict: as $u_2$ grows and $u_1$ stays, which way does $x$ turn? And what does
# $\|x\|$ do as $u_1$ grows? Which sign has the determinant, then?
#
# *What is checked:* the radius and the angle; the determinant, against the
# automatic Jacobian; that the density is not negative, integrates to 1 and gives
# the image of each small piece of the square the piece's own probability.

# %% question="e04.q2"
def box_muller(u):
    """The points x to which the points u of the unit square go."""
    ### BEGIN SOLUTION
    radius = torch.sqrt(-2 * torch.log(u[:, 0]))
    angle = 2 * math.pi * u[:, 1]
    x1, x2 = radius * torch.cos(angle), radius * torch.sin(angle)
    return torch.stack([x1, x2], dim=1)
    ### END SOLUTION


def box_muller_det(u):
    """The determinant of the Jacobian of box_muller at u, with its sign."""
    ### BEGIN SOLUTION
    return -2 * math.pi / u[:, 0]
    ### END SOLUTION


def box_muller_density(x):
    """The density at x of X = box_muller(U), U uniform on the square."""
    ### BEGIN SOLUTION
    u1 = torch.exp(-(x**2).sum(1) / 2)
    stretch = 2 * math.pi / u1
    return 1 / stretch
    ### END SOLUTION


# %% points=2
check("e04.q2", box_muller, box_muller_det, box_muller_density)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** El radio $r = \sqrt{-2\ln u_1}$ depende solo de $u_1$ y el ángulo
# solo de $u_2$. El determinante de las coordenadas polares es $r$ y
# $\frac{dr}{du_1} = -\frac{1}{r u_1}$, así que
# $\det J = r \cdot \left(-\frac{1}{r u_1}\right) \cdot 2\pi = -\frac{2\pi}{u_1}$.
# Es negativo: el radio baja cuando $u_1$ sube y el ángulo sube con $u_2$, de modo
# que la orientación se invierte.
#
# La densidad usa el valor absoluto y el recíproco:
# $p_X(x) = \frac{u_1}{2\pi} = \frac{1}{2\pi} e^{-\|x\|^2/2}$, con $u_1 = e^{-\|x\|^2/2}$. El resultado
# es el producto de dos densidades $\mathcal N(0, 1)$: las coordenadas son independientes.
# En $u = (0.3, 0.7)$ el determinante vale $-20.944$ y la densidad $0.0477$.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** The radius $r = \sqrt{-2\ln u_1}$ depends on $u_1$ only and the angle
# on $u_2$ only. The determinant of polar coordinates is $r$ and
# $\frac{dr}{du_1} = -\frac{1}{r u_1}$, so
# $\det J = r \cdot \left(-\frac{1}{r u_1}\right) \cdot 2\pi = -\frac{2\pi}{u_1}$.
# It is negative: the radius falls when $u_1$ rises and the angle rises with
# $u_2$, so that orientation is reversed.
#
# The density takes the absolute value and the reciprocal:
# $p_X(x) = \frac{u_1}{2\pi} = \frac{1}{2\pi} e^{-\|x\|^2/2}$, with $u_1 = e^{-\|x\|^2/2}$. The result
# is the product of two densities $\mathcal N(0, 1)$: the coordinates are independent.
# At $u = (0.3, 0.7)$ the determinant is $-20.944$ and the density $0.0477$.

# %% [markdown] tags=["lang-es"]
# ## 3. ¿En qué sentido? (15 minutos)
#
# Sea $Z \sim \mathcal N(0, I)$ en el plano y $X = f(Z)$ con $f(z) = (z_1,\; z_2 + b z_1^2)$, la «banana».
# Complete `banana_density(x, b)`, la densidad $p_X(x)$; `b` es un número de Python.
#
# Puede usar `normal_density(z)`, definida arriba.
#
# Prediga: ¿cuánto vale el determinante de $J_f$? ¿Cuánto vale $\mathbb E[X_2]$? Si por
# error se usa $f$ donde va $f^{-1}$, ¿se nota en la masa total?
#
# *Se revisa*, para varios $b$: que integre 1; que la media de $X_2$ calculada con su
# densidad sea la correcta; los valores, punto por punto.

# %% [markdown] tags=["lang-en"]
# ## 3. In which direction? (15 minutes)
#
# Let $Z \sim \mathcal N(0, I)$ in the plane and $X = f(Z)$ with $f(z) = (z_1,\; z_2 + b z_1^2)$, the “banana”.
# Complete `banana_density(x, b)`, the density $p_X(x)$; `b` is a Python number.
#
# You may use `normal_density(z)`, defined above.
#
# Predict: what is the determinant of $J_f$? What is $\mathbb E[X_2]$? If by mistake
# $f$ is used where $f^{-1}$ belongs, does the total mass show it?
#
# *What is checked*, for several $b$: that it integrates to 1; that the mean of $X_2$
# computed with your density is right; the values, point by point.

# %% question="e04.q3"
def banana_density(x, b):
    """The density of X = (Z1, Z2 + b Z1**2), Z ~ N(0, I), at the points x."""
    ### BEGIN SOLUTION
    z1 = x[:, 0]
    z2 = x[:, 1] - b * z1**2
    return normal_density(torch.stack([z1, z2], dim=1))
    ### END SOLUTION


# %% points=2
check("e04.q3", banana_density)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** La inversa resta lo que $f$ sumó: $f^{-1}(x) = (x_1,\; x_2 - b x_1^2)$. El jacobiano
# de $f$ es $\begin{pmatrix} 1 & 0 \\ 2 b z_1 & 1 \end{pmatrix}$, de determinante 1: la banana desplaza cada
# columna vertical sin estirarla y conserva las áreas. No hace falta ningún factor.
#
# Con $f$ en lugar de $f^{-1}$ se obtiene la banana reflejada. También integra 1, porque
# también es la densidad de *alguna* variable; pero su media es $-b$ y no
# $\mathbb E[X_2] = b\,\mathbb E[Z_1^2] = b$. La normalización no delata un sentido equivocado: hay que
# comparar con algo que dependa de él, como una media o los valores mismos.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** The inverse subtracts what $f$ added: $f^{-1}(x) = (x_1,\; x_2 - b x_1^2)$. The Jacobian
# of $f$ is $\begin{pmatrix} 1 & 0 \\ 2 b z_1 & 1 \end{pmatrix}$, with determinant 1: the banana shifts each
# vertical line without stretching it and preserves areas. No factor is needed.
#
# With $f$ instead of $f^{-1}$ one gets the mirrored banana. It integrates to 1 as well,
# since it too is the density of *some* variable; but its mean is $-b$ and not
# $\mathbb E[X_2] = b\,\mathbb E[Z_1^2] = b$. Normalisation does not give away a wrong direction: one
# has to compare with something that depends on it, as a mean or the values themselves.

# %% [markdown] tags=["lang-es"]
# ## 4. La masa de una caja, de dos maneras (15 minutos)
#
# Sea $Z \sim \mathcal N(0, I)$ en el plano y $X = (e^{Z_1},\; 2 Z_2 + 1)$. Interesa la
# probabilidad de que $X$ caiga en la caja $B = [a_1, b_1] \times [a_2, b_2]$, con $a_1 > 0$.
# Complete dos funciones que devuelven un solo número; `low` es el tensor
# $(a_1, a_2)$ y `high` el tensor $(b_1, b_2)$:
#
# - `by_samples(z, low, high)`: `z` son muestras de $Z$; la fracción de las que
#   $f$ lleva a la caja;
# - `by_integral(low, high)`: $\int_B p_X(x)\,dx$, como suma sobre la cuadrícula
#   `cells(low, high)`, definida abajo.
#
# En clase se escribió $p_X(x)\,dx = p_Z(z)\,|\det J_{f^{-1}}(x)|\,dz$. Prediga: si
# la masa se calcula así, ¿coincidirán los dos números?
#
# *Se revisa:* la fracción, con las muestras contadas aparte; la integral, con
# error menor que $10^{-4}$, en varias cajas.

# %% [markdown] tags=["lang-en"]
# ## 4. The mass of a box, in two ways (15 minutes)
#
# Let $Z \sim \mathcal N(0, I)$ in the plane and $X = (e^{Z_1},\; 2 Z_2 + 1)$. We want the
# probability that $X$ falls in the box $B = [a_1, b_1] \times [a_2, b_2]$, with $a_1 > 0$.
# Complete two functions that return a single number; `low` is the tensor
# $(a_1, a_2)$ and `high` the tensor $(b_1, b_2)$:
#
# - `by_samples(z, low, high)`: `z` are samples of $Z$; the fraction of them that
#   $f$ takes into the box;
# - `by_integral(low, high)`: $\int_B p_X(x)\,dx$, as a sum over the grid
#   `cells(low, high)`, defined below.
#
# The lecture wrote $p_X(x)\,dx = p_Z(z)\,|\det J_{f^{-1}}(x)|\,dz$. Predict: if
# the mass is computed like this, will the two numbers agree?
#
# *What is checked:* the fraction, with the samples counted apart; the
# integral, with an error below $10^{-4}$, on several boxes.

# %%
def cells(low, high, n=200):
    """Centres of n * n equal cells of a box, and the area of one."""
    steps = (torch.arange(n, dtype=low.dtype) + 0.5) / n
    centres = low + (high - low) * torch.cartesian_prod(steps, steps)
    return centres, torch.prod(high - low) / n**2


# %% question="e04.q4"
def by_samples(z, low, high):
    """The fraction of the samples z whose image lies in the box."""
    ### BEGIN SOLUTION
    x = torch.stack([torch.exp(z[:, 0]), 2 * z[:, 1] + 1], dim=1)
    inside = (low <= x) & (x <= high)
    return inside.all(1).double().mean()
    ### END SOLUTION


def by_integral(low, high):
    """The integral over the box of the density of X = (exp(Z1), 2 Z2 + 1)."""
    ### BEGIN SOLUTION
    x, area = cells(low, high)
    z = torch.stack([torch.log(x[:, 0]), (x[:, 1] - 1) / 2], dim=1)
    density = normal_density(z) / (2 * x[:, 0])
    return density.sum() * area
    ### END SOLUTION


# %% points=3
check("e04.q4", by_samples, by_integral)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** Contar muestras no necesita ninguna fórmula: es la definición de $\Pr(X \in B)$. Por
# eso sirve de árbitro. La integral necesita la densidad, y en ella el determinante
# aparece una vez: $J_f = \begin{pmatrix} e^{z_1} & 0 \\ 0 & 2 \end{pmatrix}$, $|\det J_f| = 2 e^{z_1} = 2 x_1$, y
# $p_X(x) = p_Z(z) / (2 x_1)$.
#
# La igualdad correcta entre masas es $p_X(x)\,dx = p_Z(z)\,dz$: el elemento $dx$ ya mide
# $|\det J_f|\,dz$. Con el factor de más, la masa de cada trozo queda dividida entre
# $2 x_1$. En todo el plano la suma sería
# $\tfrac12\,\mathbb E[e^{-Z_1}] = \tfrac12 e^{1/2} = 0.824$ y no 1.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** To count samples needs no formula: it is the definition of $\Pr(X \in B)$. That
# is why it can be the referee. The integral needs the density, and in it the determinant
# appears once: $J_f = \begin{pmatrix} e^{z_1} & 0 \\ 0 & 2 \end{pmatrix}$, $|\det J_f| = 2 e^{z_1} = 2 x_1$, and
# $p_X(x) = p_Z(z) / (2 x_1)$.
#
# The right equality of masses is $p_X(x)\,dx = p_Z(z)\,dz$: the element $dx$ already measures
# $|\det J_f|\,dz$. With the factor too many, the mass of each piece is divided by
# $2 x_1$. Over the whole plane the sum would be
# $\tfrac12\,\mathbb E[e^{-Z_1}] = \tfrac12 e^{1/2} = 0.824$ and not 1.

# %% [markdown] tags=["lang-es"]
# ## 5. ¿Es inyectiva? (25 minutos)
#
# Si $f$ no es inyectiva, a un mismo $x$ se llega desde varios $z$. La fórmula del área
# permite contar cuántos, en promedio, sin resolver ninguna ecuación. Para $Z$ de
# densidad $p_Z > 0$ y cualquier densidad $r$,
#
# $$
# \mathbb E_{z \sim p_Z}\!\left[ \frac{r(f(z))\,|\det J_f(z)|}{p_Z(z)} \right]
# = \mathbb E_{x \sim r}\big[\#f^{-1}(x)\big],
# $$
#
# donde $\#f^{-1}(x)$ es la cantidad de $z$ con $f(z) = x$. Complete `preimage_counter(z, c)`
# para $f(z) = z + c \tanh z$ en la recta: `z`, de forma `(n,)`, son muestras de
# $\mathcal N(0, 1)$; $p_Z$ y $r$ son ambas la densidad $\mathcal N(0, 1)$; el resultado es un solo
# número, el promedio sobre las muestras.
#
# Prediga: ¿para qué valores de $c$ es $f$ inyectiva?
#
# *Se revisa*, con $4 \cdot 10^5$ muestras: que el contador dé 1 (con error menor que 0.02)
# para $c = -0.5$ y $c = 3$; que dé 1.81 (con error menor que 0.08) para $c = -2$;
# por último, el promedio exacto sobre pocas muestras.

# %% [markdown] tags=["lang-en"]
# ## 5. Is it injective? (25 minutes)
#
# If $f$ is not injective, one $x$ is reached from several $z$. The area formula
# lets us count how many, on average, without solving any equation. For $Z$ with
# density $p_Z > 0$ and any density $r$,
#
# $$
# \mathbb E_{z \sim p_Z}\!\left[ \frac{r(f(z))\,|\det J_f(z)|}{p_Z(z)} \right]
# = \mathbb E_{x \sim r}\big[\#f^{-1}(x)\big],
# $$
#
# where $\#f^{-1}(x)$ is the number of $z$ with $f(z) = x$. Complete `preimage_counter(z, c)`
# for $f(z) = z + c \tanh z$ on the line: `z`, of shape `(n,)`, are samples of
# $\mathcal N(0, 1)$; $p_Z$ and $r$ are both the density $\mathcal N(0, 1)$; the result is a single
# number, the average over the samples.
#
# Predict: for which values of $c$ is $f$ injective?
#
# *What is checked*, with $4 \cdot 10^5$ samples: that the counter gives 1 (with an error
# below 0.02) for $c = -0.5$ and $c = 3$; that it gives 1.81 (with an error below 0.08)
# for $c = -2$; last, the exact average over a few samples.

# %% question="e04.q5"
def preimage_counter(z, c):
    """The mean number of solutions z of z + c tanh(z) = x, x ~ N(0, 1)."""
    ### BEGIN SOLUTION
    x = z + c * torch.tanh(z)
    slope = 1 + c / torch.cosh(z) ** 2
    ratio = torch.exp((z**2 - x**2) / 2)  # r(x) / p_Z(z)
    return torch.mean(ratio * torch.abs(slope))
    ### END SOLUTION


# %% points=3
check("e04.q5", preimage_counter)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** El peso $r(f(z))\,|f'(z)| / p_Z(z)$ compara dos densidades en $z$: si $f$ es una biyección,
# $r(f(z))\,|f'(z)|$ es la densidad de $f^{-1}(X)$ y el promedio es 1. Si cada $x$ tiene tres
# preimágenes, ese producto cuenta tres veces la misma masa.
#
# La derivada $f'(z) = 1 + c / \cosh^2 z$ vale $1 + c$ en 0 y es siempre positiva si
# $c \ge -1$ (en $c = -1$ se anula solo en 0): entonces $f$ es inyectiva. Con $c = -2$ hay tres
# soluciones cuando $|x| < 0.533$ y una si no: en promedio 1.8117.
#
# Dividir entre la suma de los pesos da siempre 1: se pierde lo que se quería medir. Sin el
# valor absoluto también se obtiene 1, en promedio: las ramas que bajan restan. Ese
# otro número es el *grado* de $f$ y no distingue una solución de tres.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** The weight $r(f(z))\,|f'(z)| / p_Z(z)$ compares two densities at $z$: if $f$ is a bijection,
# $r(f(z))\,|f'(z)|$ is the density of $f^{-1}(X)$ and the average is 1. If each $x$ has three
# preimages, that product counts the same mass three times.
#
# The derivative $f'(z) = 1 + c / \cosh^2 z$ is $1 + c$ at 0 and always positive if
# $c \ge -1$ (at $c = -1$ it vanishes at 0 only): then $f$ is injective. With $c = -2$ there are three
# solutions when $|x| < 0.533$ and one otherwise: 1.8117 on average.
#
# To divide by the sum of the weights always gives 1: what was to be measured is lost. Without the
# absolute value one also gets 1, on average: the branches that fall subtract. That
# other number is the *degree* of $f$ and does not tell one solution from three.

# %% [markdown] tags=["lang-es"]
# ## 6. ¿Lo más probable va a lo más probable? (10 minutos)
#
# Alguien afirma: *si $f$ es un difeomorfismo $C^1$ y $z^*$ es un máximo de $p_Z$, entonces
# $x^* = f(z^*)$ es un máximo de $p_X$*. Esta es su demostración, con $h = f^{-1}$:
#
# 1. Por hipótesis, $p_Z(z^*) \ge p_Z(z)$ para todo $z$.
# 2. Cada $x$ de la imagen de $f$ viene de un único $z$, que es $z = h(x)$.
# 3. Por el teorema, $p_X(x) = p_Z(z)\,/\,|\det J_f(z)|$; en particular,
#    $p_X(x^*) = p_Z(z^*)\,/\,|\det J_f(z^*)|$.
# 4. Un valor absoluto que no se anula es positivo; por eso, de 1 sale que
#    $p_Z(z^*)\,/\,|\det J_f(z^*)| \ge p_Z(z)\,/\,|\det J_f(z)|$.
# 5. Por 3 y 4, $p_X(x^*) \ge p_X(x)$.
# 6. Como $x$ era cualquier punto de la imagen, y afuera $p_X = 0$, $x^*$ es un máximo.
#
# Responda tres cosas. En `line`, el número del único paso que no se sigue de los anteriores. En `mode`,
# dónde está el máximo de la densidad de $e^Z$, con $Z \sim \mathcal N(0, 1)$, que sirve de contraejemplo.
# En `statement`, cuál de estas afirmaciones es verdadera: $x^*$ es un máximo de $p_X$ siempre que …
#
# - A: … $\det J_f > 0$ en todas partes, porque entonces $f$ conserva la orientación;
# - B: … $|\det J_f|$ vale lo mismo en todos los puntos;
# - C: … $z^*$ es el único máximo de $p_Z$;
# - D: … $|\det J_f|$ es mayor en $z^*$ que en cualquier otro punto.
#
# Prediga, antes de derivar: ¿está el máximo de la densidad de $e^Z$ en $e^0 = 1$, antes o después?
#
# *Se revisa:* el paso; el lugar del máximo, con error relativo menor que una milésima; la letra.

# %% [markdown] tags=["lang-en"]
# ## 6. Does the most probable go to the most probable? (10 minutes)
#
# Somebody claims: *if $f$ is a $C^1$ diffeomorphism and $z^*$ is a maximum of $p_Z$, then
# $x^* = f(z^*)$ is a maximum of $p_X$*. This is the proof, with $h = f^{-1}$:
#
# 1. By hypothesis, $p_Z(z^*) \ge p_Z(z)$ for every $z$.
# 2. Each $x$ of the image of $f$ comes from a single $z$, which is $z = h(x)$.
# 3. By the theorem, $p_X(x) = p_Z(z)\,/\,|\det J_f(z)|$; in particular,
#    $p_X(x^*) = p_Z(z^*)\,/\,|\det J_f(z^*)|$.
# 4. An absolute value that does not vanish is positive; so it follows from 1 that
#    $p_Z(z^*)\,/\,|\det J_f(z^*)| \ge p_Z(z)\,/\,|\det J_f(z)|$.
# 5. By 3 and 4, $p_X(x^*) \ge p_X(x)$.
# 6. As $x$ was any point of the image, and outside it $p_X = 0$, $x^*$ is a maximum.
#
# Answer three things. In `line`, the number of the only step that does not follow from those before it. In
# `mode`, where the maximum of the density of $e^Z$ is, with $Z \sim \mathcal N(0, 1)$, which serves as a
# counterexample. In `statement`, which of these claims is true: $x^*$ is a maximum of $p_X$ whenever …
#
# - A: … $\det J_f > 0$ everywhere, since $f$ then keeps the orientation;
# - B: … $|\det J_f|$ is the same at all points;
# - C: … $z^*$ is the only maximum of $p_Z$;
# - D: … $|\det J_f|$ is greater at $z^*$ than at any other point.
#
# Predict, before differentiating: is the maximum of the density of $e^Z$ at $e^0 = 1$, before it or after it?
#
# *What is checked:* the step; the place of the maximum, to a relative error below one in a thousand; the letter.

# %% question="e04.q6"
### BEGIN SOLUTION
line = 4
mode = math.exp(-1)
statement = "B"
### END SOLUTION

# %% points=2
check("e04.q6", line, mode, statement)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** El paso 4 divide los dos lados de una desigualdad entre dos números *distintos*. Los dos son
# positivos, pero eso no alcanza: $3 \ge 2$, y $3/6 < 2/1$. Si $|\det J_f|$ es constante se divide entre un mismo
# número y la demostración vale: así es con las funciones afines y con la banana.
#
# La densidad de $e^Z$ es $\frac{1}{x\sqrt{2\pi}}\,e^{-(\ln x)^2/2}$; la derivada de su logaritmo,
# $-\frac{1 + \ln x}{x}$, se anula en $x = e^{-1} = 0.368$. Allí la exponencial estira menos que en $z = 0$, y eso
# gana más de lo que pierde $p_Z$. Aquí $f' > 0$ y el máximo de $p_Z$ es único: ni A ni C bastan. D tiene el sentido
# contrario: donde $f$ estira, la densidad baja; bastaría que $|\det J_f|$ fuera *mínimo* en $z^*$.
#
# «El punto más probable» depende, pues, de las coordenadas; la probabilidad de una región, no.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** Step 4 divides the two sides of an inequality by two *different* numbers. Both are positive, but that is
# not enough: $3 \ge 2$, and $3/6 < 2/1$. If $|\det J_f|$ is constant, one divides by the same number and the
# proof holds: so it is with affine functions and with the banana.
#
# The density of $e^Z$ is $\frac{1}{x\sqrt{2\pi}}\,e^{-(\ln x)^2/2}$; the derivative of its
# logarithm, $-\frac{1 + \ln x}{x}$, vanishes at $x = e^{-1} = 0.368$. There the exponential
# stretches less than at $z = 0$, and that gains more than $p_Z$ loses. Here $f' > 0$ and $p_Z$ has
# a single maximum: neither A nor C is enough. D has the opposite sense: where $f$ stretches, the
# density falls; it would be enough that $|\det J_f|$ is *least* at $z^*$.
#
# So “the most probable point” depends on the coordinates; the probability of a region does not.

# %% [markdown] tags=["lang-es"]
# ## 7. Al cuadrado (10 minutos)
#
# La función $f(z) = (z_1^2 - z_2^2,\; 2 z_1 z_2)$ eleva al cuadrado el número complejo $z_1 + i z_2$. Su
# determinante, $4\lVert z\rVert^2$, se anula en un solo punto. Sea $Z \sim \mathcal N(0, I)$ y $X = f(Z)$.
# Alguien toma, para cada $x$, la raíz $z = h(x)$ que tiene $z_1 \ge 0$, y escribe
#
# $$
# q(x) = \frac{p_Z(z)}{|\det J_f(z)|} .
# $$
#
# Prediga: ¿cuánto vale la integral de $q$ en todo el plano? Anote un número en `guess` y ejecute las tres celdas
# que siguen. Después de ver lo medido, elija en `explanation` a qué se debe:
#
# - A: el determinante se anula en el origen, y la masa que hay cerca de él se pierde;
# - B: la imagen de $f$ es solo medio plano, y en el otro medio no cae ninguna muestra;
# - C: va el determinante de $h$, y se puso el de $f$;
# - D: a cada $x$ llegan $z$ y $-z$, y $q$ cuenta uno solo.
#
# *Se revisa:* la letra. La predicción se comenta y no resta.

# %% [markdown] tags=["lang-en"]
# ## 7. Squared (10 minutes)
#
# The function $f(z) = (z_1^2 - z_2^2,\; 2 z_1 z_2)$ squares the complex number $z_1 + i z_2$. Its determinant,
# $4\lVert z\rVert^2$, vanishes at a single point. Let $Z \sim \mathcal N(0, I)$ and $X = f(Z)$. Somebody takes,
# for each $x$, the root $z = h(x)$ that has $z_1 \ge 0$, and writes
#
# $$
# q(x) = \frac{p_Z(z)}{|\det J_f(z)|} .
# $$
#
# Predict: what is the integral of $q$ over the whole plane? Note a number in `guess` and run the three cells that
# follow. After seeing what was measured, choose in `explanation` what it is due to:
#
# - A: the determinant vanishes at the origin, and the mass near it is lost;
# - B: the image of $f$ is only half of the plane, and no sample falls into the other half;
# - C: the determinant of $h$ belongs there, and that of $f$ was put;
# - D: both $z$ and $-z$ arrive at each $x$, and $q$ counts one of them only.
#
# *What is checked:* the letter. The prediction is commented on and takes nothing off.

# %% question="e04.q7"
### BEGIN SOLUTION
guess = 0.5
### END SOLUTION

# %%
predicted = predict("e04.q7", guess)

# %%
def q(x):
    """p_Z(z) / |det J_f(z)| at the root z of x with z1 >= 0."""
    z = torch.view_as_real(torch.view_as_complex(x).sqrt())
    return normal_density(z) / (4 * (z**2).sum(1))


def mass_of_q(low, high, n):
    """The integral of q over a box."""
    corners = torch.tensor([low, high], dtype=torch.float64)
    x, area = cells(*corners, n)
    return (q(x) * area).sum().item()


z = torch.randn(100_000, 2, generator=torch.Generator().manual_seed(0))
x1, x2 = z[:, 0] ** 2 - z[:, 1] ** 2, 2 * z[:, 0] * z[:, 1]
print(f"integral of q: {mass_of_q((-20, -20), (20, 20), 1600):.2f}")
for side in (-1, 1):  # a box on the left, and one on the right
    inside = (abs(x1 - 2 * side) < 1) & (abs(x2) < 1)
    mass = mass_of_q((2 * side - 1, -1), (2 * side + 1, 1), 200)
    print(f"samples: {inside.double().mean():.3f}, q: {mass:.3f}")

# %% question="e04.q7" after="-2"
### BEGIN SOLUTION
explanation = "D"
### END SOLUTION

# %% points=2
check("e04.q7", predicted, explanation)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** $f(-z) = f(z)$: salvo el origen, cada $x$ tiene dos preimágenes, y la densidad es la
# suma de las dos contribuciones, $p_Z(z)/|\det J_f(z)| + p_Z(-z)/|\det J_f(-z)|$. Aquí son iguales,
# de modo que $p_X = 2q$ en todos los puntos: por eso en cada caja cae el doble de muestras de lo
# que dice $q$. En coordenadas polares,
# $\int q = \int_0^\infty \frac{e^{-r/2}}{8\pi r}\,2\pi r\,dr = \frac12$.
#
# Un solo punto, donde el determinante se anula, no tiene masa; $f$ llega a todo el plano, también a
# la izquierda; y dividir entre el determinante de $f$ es lo mismo que multiplicar por el de $h$. Lo
# que falla es la hipótesis de que $f$ sea inyectiva, y el determinante no lo muestra: fuera del
# origen nunca se anula.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** $f(-z) = f(z)$: but for the origin, each $x$ has two pre-images, and the density is the sum of the two
# contributions, $p_Z(z)/|\det J_f(z)| + p_Z(-z)/|\det J_f(-z)|$. Here they are equal, so that $p_X = 2q$ at all
# points: that is why twice as many samples fall into each box as $q$ says. In polar coordinates,
# $\int q = \int_0^\infty \frac{e^{-r/2}}{8\pi r}\,2\pi r\,dr = \frac12$.
#
# A single point, where the determinant vanishes, has no mass; $f$ reaches the whole plane, the left
# side too; and to divide by the determinant of $f$ is the same as to multiply by that of $h$. What
# fails is the hypothesis that $f$ is injective, and the determinant does not show it: off the
# origin it never vanishes.
