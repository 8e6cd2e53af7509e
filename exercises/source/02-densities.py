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
# # Soluciones 2. Densidades y cambio de variables en una dimensión
#
# Las respuestas del cuaderno de ejercicios, cada una con su porqué.
# Conviene abrirlas después del segundo intento, no antes del primero.

# %% [markdown] tags=["lang-en", "solution"]
# # Solutions 2. Densities and the change of variables in one dimension
#
# The answers to the exercise notebook, each with its reason.
# They are best opened after the second attempt, not before the first.

# %% [markdown] tags=["lang-es", "exercise"]
# # Ejercicios 2. Densidades y cambio de variables en una dimensión
#
# Siete preguntas: cinco funciones, un error para encontrar y una cuenta con datos
# propios; unos 100 minutos en total. Usted aprenderá a invertir una función, a corregir
# la altura de una densidad cuando sus intervalos se alargan, y a verificar el
# resultado con números.
#
# **Cómo se trabaja.** Cada pregunta tiene una celda en la que falta algo.
# Reemplace `raise NotImplementedError` por su código, o los tres puntos `...` por
# su respuesta; ejecute la celda y luego la que llama a `check`. Esta da un
# veredicto y, si algo no se cumple, una pista. Puede probar tantas veces como quiera.
#
# Antes de probar, `hint("e02.q1")` da una pista y hay tres por pregunta;
# `progress()` muestra lo que lleva hecho.

# %% [markdown] tags=["lang-es"]
# **Convenciones.** Los puntos llegan en un tensor de PyTorch de tipo `float64`
# y forma `(n,)`; cada función devuelve un tensor con un valor por punto. Fuera
# del soporte la densidad vale 0. Los valores en los extremos mismos del soporte
# no se revisan: una densidad se puede cambiar en un punto sin que cambie la distribución.
# Los textos dentro del código están en inglés.

# %% [markdown] tags=["lang-en", "exercise"]
# # Exercises 2. Densities and the change of variables in one dimension
#
# Seven questions: five functions, a bug to find and a computation with data of your
# own; about 100 minutes in all. You will learn to invert a map, to correct the height
# of a density when its intervals get longer, and to verify the result with numbers.
#
# **How to work.** Each question has a cell in which something is missing. Replace
# `raise NotImplementedError` by your code, or the ellipsis `...` by your answer; run
# the cell and then the one that calls `check`. It gives a verdict and, if something
# does not hold, a hint. You may try as often as you like.
#
# Before trying, `hint("e02.q1")` gives a hint, and there are three for each question;
# `progress()` shows what you have done.

# %% [markdown] tags=["lang-en"]
# **Conventions.** The points come in a PyTorch tensor of type `float64` and
# shape `(n,)`; each function returns a tensor with one value for each point.
# Outside the support the density is 0. The values at the very ends of the
# support are not checked: a density may be changed at a point without changing
# the distribution.

# %%
import math

import torch

from nflib.course.check import check, hint, language, progress, solution
from nflib.course.check.variants import variant

language("{{lang}}")


def uniform_density(z, low, high):
    """Density of U[low, high] at the points z."""
    inside = (low <= z) & (z <= high)
    return inside.to(z.dtype) / (high - low)


def normal_density(z):
    """Density of N(0, 1) at the points z."""
    return torch.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)


# %% [markdown] tags=["lang-es"]
# ## 1. Una función afín, corregida (10 minutos)
#
# Sea $Z \sim \mathcal U[0, 1]$ y $X = f(Z)$ con $f(z) = 2z + 1$. En clase se escribió
# $h(x) = x/2 - 1$ para la inversa de $f$. Esa función no cumple
# $f(h(x)) = x$: calcule $f(h(2))$ y lo verá.
#
# Complete tres funciones:
#
# - `h(x)`, la inversa de $f$;
# - `h_prime(x)`, su derivada, un valor por punto (aunque sea constante);
# - `density_affine(x)`, la densidad $p_X(x)$ para cualquier $x$ real.
#
# Puede usar `uniform_density(z, low, high)`, definida arriba. Antes de
# programar, prediga: ¿en qué intervalo vive $X$ y qué altura tiene $p_X$?
#
# *Se revisa:* que $f(h(x)) = x$; que `h_prime` sea la pendiente de `h`; que
# $p_X$ se anule fuera de la imagen de $f$ e integre 1; que cada intervalo
# de $z$ y su imagen tengan la misma probabilidad.

# %% [markdown] tags=["lang-en"]
# ## 1. An affine map, corrected (10 minutes)
#
# Let $Z \sim \mathcal U[0, 1]$ and $X = f(Z)$ with $f(z) = 2z + 1$. The lecture wrote
# $h(x) = x/2 - 1$ for the inverse of $f$. That function does not satisfy
# $f(h(x)) = x$: work out $f(h(2))$ and you will see.
#
# Complete three functions:
#
# - `h(x)`, the inverse of $f$;
# - `h_prime(x)`, its derivative, one value a point (even if constant);
# - `density_affine(x)`, the density $p_X(x)$ for any real $x$.
#
# You may use `uniform_density(z, low, high)`, defined above. Before you
# program, predict: in which interval does $X$ live and how high is $p_X$?
#
# *What is checked:* that $f(h(x)) = x$; that `h_prime` is the slope of `h`;
# that $p_X$ vanishes outside the image of $f$ and integrates to 1; that each
# interval of $z$ and its image have the same probability.

# %% question="e02.q1"
def h(x):
    """The inverse of f(z) = 2z + 1 at the points x."""
    ### BEGIN SOLUTION
    return (x - 1) / 2
    ### END SOLUTION


def h_prime(x):
    """The derivative of h at the points x."""
    ### BEGIN SOLUTION
    return torch.full_like(x, 0.5)
    ### END SOLUTION


def density_affine(x):
    """The density of X = 2Z + 1, Z ~ U[0, 1], at the points x."""
    ### BEGIN SOLUTION
    return uniform_density(h(x), 0, 1) * torch.abs(h_prime(x))
    ### END SOLUTION


# %% points=2
check("e02.q1", h, h_prime, density_affine)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** $f$ primero duplica y después suma 1; la inversa deshace eso en
# el orden contrario: primero resta 1, después divide entre 2. La versión de
# la clase divide bien, pero resta 1 después de dividir: resta media unidad de más
# y su soporte resulta $[2, 4]$ en lugar de $[1, 3]$.
#
# Cada intervalo de largo $dz$ pasa a medir $2\,dz$ y conserva su masa; por
# eso la altura baja a la mitad. Ese factor es $|h'(x)|$, y aparece una sola
# vez: o bien $p_X(x)\,|dx| = p_Z(z)\,|dz|$, o bien
# $p_X(x) = p_Z(h(x))\,|h'(x)|$. Con los diferenciales *y* el factor la masa
# total sería ½.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** $f$ first doubles and then adds 1; the inverse undoes that in the
# opposite order: first it subtracts 1, then it divides by 2. The lecture's
# version divides rightly but subtracts 1 after dividing: it takes away half a unit too much,
# and its support comes out as $[2, 4]$ instead of $[1, 3]$.
#
# Each interval of length $dz$ becomes $2\,dz$ long and keeps its mass; so the
# height falls to one half. That factor is $|h'(x)|$, and it appears only once:
# either $p_X(x)\,|dx| = p_Z(z)\,|dz|$, or $p_X(x) = p_Z(h(x))\,|h'(x)|$.
# With the differentials *and* the factor the total mass would be ½.

# %% [markdown] tags=["lang-es"]
# ## 2. Una función que no es afín (15 minutos)
#
# Sea $Z \sim \mathcal U[0, 2]$ y $X = e^Z$. Complete `density_exp(x)`, la densidad
# $p_X(x)$ para cualquier $x \neq 0$, también donde $X$ nunca llega.
#
# Prediga: un histograma de $X$, ¿será plano, creciente o decreciente?
#
# *Se revisa:* que se anule fuera del soporte; que integre 1; que cada
# intervalo de $z$ y su imagen tengan la misma probabilidad (con error
# menor que $10^{-6}$).

# %% [markdown] tags=["lang-en"]
# ## 2. A map that is not affine (15 minutes)
#
# Let $Z \sim \mathcal U[0, 2]$ and $X = e^Z$. Complete `density_exp(x)`, the density
# $p_X(x)$ for any $x \neq 0$, also where $X$ never comes.
#
# Predict: will a histogram of $X$ be flat, increasing or decreasing?
#
# *What is checked:* that it vanishes outside the support; that it integrates
# to 1; that each interval of $z$ and its image have the same probability
# (with an error below $10^{-6}$).

# %% question="e02.q2"
def density_exp(x):
    """The density of X = exp(Z), Z ~ U[0, 2], at the points x."""
    ### BEGIN SOLUTION
    z = torch.log(x)
    stretch = x  # f'(z) = e^z, and e^z is x itself
    return uniform_density(z, 0, 2) / stretch
    ### END SOLUTION


# %% points=2
check("e02.q2", density_exp)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** El alargamiento ya no es el mismo en todas partes: cerca de $z$
# un intervalo se multiplica por $f'(z) = e^z$. La densidad se divide entre ese
# número, *evaluado en el $z$ que corresponde a $x$*, es decir en $\ln x$; queda
# $p_X(x) = \frac{1}{2x}$ en $[1, e^2]$. Olvidar el factor deja una masa de
# $(e^2 - 1)/2 = 3.19$; ponerlo dos veces, $(1 - e^{-2})/2 = 0.43$.
#
# Para $x < 0$ el logaritmo da NaN, toda comparación con NaN es falsa y la
# densidad de la base vale 0: aquí funciona, pero conviene saber por qué. Si se
# divide entre `torch.exp(z)` en lugar de `x`, el NaN llega al resultado.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** The stretch is no longer the same everywhere: near $z$ an interval is
# multiplied by $f'(z) = e^z$. The density is divided by that number,
# *evaluated at the $z$ that corresponds to $x$*, that is at $\ln x$; there remains
# $p_X(x) = \frac{1}{2x}$ on $[1, e^2]$. To forget the factor leaves a mass of
# $(e^2 - 1)/2 = 3.19$; to put it twice, $(1 - e^{-2})/2 = 0.43$.
#
# For $x < 0$ the logarithm gives NaN, every comparison with NaN is false and
# the density of the base is 0: here it works, but it is good to know why. If
# one divides by `torch.exp(z)` instead of `x`, the NaN reaches the result.

# %% [markdown] tags=["lang-es"]
# ## 3. Una función decreciente (15 minutos)
#
# Sea $U \sim \mathcal U[0, 1]$ y $X = -\ln(U) / \lambda$ con $\lambda > 0$. Complete
# `density_minus_log(x, rate)`, la densidad de $X$ para cualquier $x \neq 0$
# con $\lambda |x| < 700$ (más lejos, la exponencial desborda);
# `rate` es $\lambda$, un número de Python.
#
# Prediga: ¿a qué extremo del eje $x$ van a parar los $u$ cercanos a 0?
#
# *Se revisa:* que no sea negativa; que se anule fuera del soporte; que integre
# 1 para varios $\lambda$; que cada intervalo de $u$ y su imagen tengan la misma
# probabilidad.

# %% [markdown] tags=["lang-en"]
# ## 3. A decreasing map (15 minutes)
#
# Let $U \sim \mathcal U[0, 1]$ and $X = -\ln(U) / \lambda$ with $\lambda > 0$. Complete
# `density_minus_log(x, rate)`, the density of $X$ for any $x \neq 0$ with
# $\lambda |x| < 700$ (further away the exponential overflows); `rate` is
# $\lambda$, a Python number.
#
# Predict: at which end of the $x$ axis do the $u$ close to 0 arrive?
#
# *What is checked:* that it is not negative; that it vanishes outside the
# support; that it integrates to 1 for several $\lambda$; that each interval of
# $u$ and its image have the same probability.

# %% question="e02.q3"
def density_minus_log(x, rate):
    """The density of X = -ln(U) / rate, U ~ U[0, 1], at the points x."""
    ### BEGIN SOLUTION
    u = torch.exp(-rate * x)
    derivative = -rate * u
    return uniform_density(u, 0, 1) * torch.abs(derivative)
    ### END SOLUTION


# %% points=2
check("e02.q3", density_minus_log)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** Al despejar, $u = h(x) = e^{-\lambda x}$, que decrece:
# $h'(x) = -\lambda e^{-\lambda x}$. Un $x$ grande viene de un $u$ pequeño, así
# que $\{X \le x\} = \{U \ge h(x)\}$ y $F_X(x) = 1 - F_U(h(x))$. Al derivar
# aparece un signo menos que compensa el de $h'$: eso es el valor absoluto.
# La masa no tiene sentido de recorrido.
#
# Muy a la izquierda de 0, $e^{-\lambda x}$ desborda y $0 \cdot \infty$ da NaN. Una
# biblioteca calcula logaritmos y trata aparte lo que queda fuera del soporte.
#
# Es la distribución exponencial, y la función es la receta con la que se la simula.
# Además $-\ln(U)/\lambda$ es la inversa de $1 - F_X$: la pregunta 5 lleva
# esta idea a una distribución cuya inversa no tiene fórmula.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** Solved, the equation gives $u = h(x) = e^{-\lambda x}$, which decreases:
# $h'(x) = -\lambda e^{-\lambda x}$. A large $x$ comes from a small $u$, so
# $\{X \le x\} = \{U \ge h(x)\}$ and $F_X(x) = 1 - F_U(h(x))$. Differentiating
# brings a minus sign that makes up for the one of $h'$: that is the absolute
# value. Mass has no direction of travel.
#
# Far to the left of 0, $e^{-\lambda x}$ overflows and $0 \cdot \infty$ is NaN. A
# library computes logarithms and treats apart what lies outside the support.
#
# This is the exponential distribution, and the map is the recipe by which it is
# simulated. Besides, $-\ln(U)/\lambda$ is the inverse of $1 - F_X$: question 5
# takes this idea to a distribution whose inverse has no formula.

# %% [markdown] tags=["lang-es"]
# ## 4. Dos ramas (15 minutos)
#
# Sea $Z \sim \mathcal N(0, 1)$ y $X = Z^2$. La función no es inyectiva: el teorema se
# aplica por separado en $z < 0$ y en $z > 0$. Complete `density_square(x)`,
# la densidad de $X$ para cualquier $x \neq 0$.
#
# Puede usar `normal_density(z)`. Cuide los $x < 0$: la densidad vale 0 allí,
# y NaN no es 0.
#
# Prediga: ¿qué le pasa a $p_X(x)$ cuando $x \to 0^+$, si allí $f'(z) \to 0$?
#
# *Se revisa:* que se anule fuera del soporte; que integre 1 (aunque cerca de
# 0 no esté acotada); que cada intervalo tenga la probabilidad de los $z$ que
# llegan a él; los valores cerca de 0, hasta $x = 10^{-18}$.

# %% [markdown] tags=["lang-en"]
# ## 4. Two branches (15 minutes)
#
# Let $Z \sim \mathcal N(0, 1)$ and $X = Z^2$. The map is not injective: the theorem
# applies separately to $z < 0$ and to $z > 0$. Complete `density_square(x)`,
# the density of $X$ for any $x \neq 0$.
#
# You may use `normal_density(z)`. Take care of $x < 0$: the density is 0 there,
# and NaN is not 0.
#
# Predict: what happens to $p_X(x)$ when $x \to 0^+$, if $f'(z) \to 0$ there?
#
# *What is checked:* that it vanishes outside the support; that it integrates
# to 1 (although it is unbounded near 0); that each interval has the
# probability of the $z$ that arrive in it; the values near 0, down to $x = 10^{-18}$.

# %% question="e02.q4"
def density_square(x):
    """The density of X = Z**2, Z ~ N(0, 1), at the points x."""
    ### BEGIN SOLUTION
    density = torch.zeros_like(x)
    positive = x > 0
    root = torch.sqrt(x[positive])
    for z in (root, -root):
        density[positive] += normal_density(z) / torch.abs(2 * z)
    return density
    ### END SOLUTION


# %% points=3
check("e02.q4", density_square)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** A cada $x > 0$ se llega desde $z = \sqrt{x}$ y desde
# $z = -\sqrt{x}$, y las masas que llegan se suman:
# $p_X(x) = \sum_{z:\, f(z) = x} p_Z(z) / |f'(z)|$. Con una sola rama se pierde
# la mitad de la masa. Sin el valor absoluto las dos ramas se cancelan, porque
# $f' = 2z$ tiene signos opuestos.
#
# En $z = 0$ la derivada se anula y $p_X$ no está acotada, pero la
# singularidad $1/\sqrt{x}$ es integrable: la densidad puede ser infinita
# donde la probabilidad es pequeña. El resultado es la distribución $\chi^2_1$.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** Each $x > 0$ is reached from $z = \sqrt{x}$ and from $z = -\sqrt{x}$,
# and the masses that arrive are added:
# $p_X(x) = \sum_{z:\, f(z) = x} p_Z(z) / |f'(z)|$. With one branch only, half
# the mass is lost. Without the absolute value the two branches cancel, since
# $f' = 2z$ has opposite signs.
#
# At $z = 0$ the derivative vanishes and $p_X$ is unbounded, but the singularity
# $1/\sqrt{x}$ can be integrated: a density may be infinite where the
# probability is small. The result is the $\chi^2_1$ distribution.

# %% [markdown] tags=["lang-es"]
# ## 5. Un flujo sin fórmula: la inversa de una mezcla (25 minutos)
#
# Sea $F$ la función de distribución de la mezcla
# $\frac12 \mathcal N(-2.5,\, 0.5^2) + \frac12 \mathcal N(2.5,\, 0.5^2)$. $F$ es continua y
# estrictamente creciente; su inversa existe, pero no tiene fórmula. Con ella,
# $F^{-1}(U)$ tiene la distribución de la mezcla si $U \sim \mathcal U[0, 1]$, y
# $f = F^{-1} \circ \Phi$ es un flujo que lleva $\mathcal N(0, 1)$ a la mezcla,
# donde $\Phi$ es la función de distribución de $\mathcal N(0, 1)$ y $p_Z$ su densidad.
#
# Complete `inverse_cdf(u)`: para cada $u$ de $(0, 1)$, el $x$ con
# $F(x) = u$. Use bisección: mantenga un intervalo que contiene a $x$, mire $F$
# en el punto medio y quédese con una mitad, hasta que mida menos que $10^{-9}$.
# Si trabaja con el tensor entero, `torch.where` elige la mitad en cada punto;
# un bucle sobre los puntos también vale. Devuelva `float64`.
#
# Prediga: ¿dónde es muy grande la pendiente de $f$?
#
# *Se revisa:* la distancia de Kolmogórov–Smirnov entre los valores y la
# mezcla; que $F(F^{-1}(u)) = u$; las colas, hasta $u = 10^{-7}$; que
# $f'(z) = p_Z(z) / p_X(f(z))$ con error relativo menor que $10^{-4}$, también donde
# es mayor.

# %% [markdown] tags=["lang-en"]
# ## 5. A flow without a formula: the inverse of a mixture (25 minutes)
#
# Let $F$ be the distribution function of the mixture
# $\frac12 \mathcal N(-2.5,\, 0.5^2) + \frac12 \mathcal N(2.5,\, 0.5^2)$. $F$ is continuous and
# strictly increasing; its inverse exists but has no formula. With it,
# $F^{-1}(U)$ has the distribution of the mixture if $U \sim \mathcal U[0, 1]$, and
# $f = F^{-1} \circ \Phi$ is a flow that takes $\mathcal N(0, 1)$ to the mixture,
# where $\Phi$ is the distribution function of $\mathcal N(0, 1)$ and $p_Z$ its density.
#
# Complete `inverse_cdf(u)`: for each $u$ in $(0, 1)$, the $x$ with $F(x) = u$.
# Use bisection: keep an interval that contains $x$, look at $F$ in the middle
# and keep one half, until it is shorter than $10^{-9}$. If you work with the
# whole tensor, `torch.where` chooses the half at each point; a loop over the
# points is fine as well. Return `float64`.
#
# Predict: where is the slope of $f$ very large?
#
# *What is checked:* the Kolmogorov–Smirnov distance between the values and the
# mixture; that $F(F^{-1}(u)) = u$; the tails, as far as $u = 10^{-7}$; that
# $f'(z) = p_Z(z) / p_X(f(z))$ with a relative error below $10^{-4}$, also where it
# is largest.

# %%
def mixture_cdf(x):
    """F, the cdf of the mixture, at the points x (a tensor)."""
    left = torch.special.ndtr((x + 2.5) / 0.5)
    right = torch.special.ndtr((x - 2.5) / 0.5)
    return (left + right) / 2


# %% question="e02.q5"
def inverse_cdf(u):
    """The points x at which mixture_cdf(x) = u."""
    ### BEGIN SOLUTION
    low = torch.full_like(u, -10)
    high = torch.full_like(u, 10)
    for _ in range(40):
        middle = (low + high) / 2
        below = mixture_cdf(middle) < u
        low = torch.where(below, middle, low)
        high = torch.where(below, high, middle)
    return (low + high) / 2
    ### END SOLUTION


# %% points=3
check("e02.q5", inverse_cdf)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** Si $F$ en el punto medio no alcanza a $u$, la solución está a la
# derecha, porque $F$ crece. Cada paso parte el intervalo en dos: de 20 a
# $20 / 2^{40} \approx 2 \cdot 10^{-11}$ en 40 pasos, para cualquier $F$
# continua y creciente. La decisión es distinta en cada punto; por eso
# `torch.where` y no `if`.
#
# Que $F^{-1}(U)$ tenga la distribución pedida es $\Pr(F^{-1}(U) \le x) = \Pr(U \le F(x))
# = F(x)$. La derivada de $f = F^{-1} \circ \Phi$ es otra vez la conservación de
# la masa. Es muy grande en $z = 0$: entre los dos modos casi no hay masa y
# el flujo debe estirar un intervalo diminuto a lo ancho de todo el hueco. En
# una dimensión así se obtiene *cualquier* flujo creciente; los capítulos que
# siguen tratarán de qué hacer cuando $d > 1$.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** If $F$ in the middle is below $u$, the solution lies to the right,
# because $F$ increases. Each step cuts the interval in two: from 20 to
# $20 / 2^{40} \approx 2 \cdot 10^{-11}$ in 40 steps, for any $F$ that is
# continuous and increasing. The decision differs from point to point; hence
# `torch.where` and not `if`.
#
# That $F^{-1}(U)$ has the distribution asked for is $\Pr(F^{-1}(U) \le x) = \Pr(U \le
# F(x)) = F(x)$. The derivative of $f = F^{-1} \circ \Phi$ is conservation of
# mass once more. It is very large at $z = 0$: between the two modes there is
# hardly any mass and the flow has to stretch a tiny interval over the whole
# gap. In one dimension *every* increasing flow is obtained like this; the
# chapters to come will be about what to do when $d > 1$.

# %% [markdown] tags=["lang-es"]
# ## 6. Encuentre el error: dos capas (10 minutos)
#
# Sea $Z \sim \mathcal N(0, 1)$; la primera capa da $Y = 2Z + 1$ y la segunda, $X = e^Y$.
# La función que sigue quiere ser la densidad de $X$ para $x > 0$. Uno de sus seis
# renglones numerados está mal, y la masa que se mide lo delata.

# %% [markdown] tags=["lang-en"]
# ## 6. Find the bug: two layers (10 minutes)
#
# Let $Z \sim \mathcal N(0, 1)$; the first layer gives $Y = 2Z + 1$ and the second, $X = e^Y$.
# The function that follows is meant to be the density of $X$ for $x > 0$. One of its
# six numbered lines is wrong, and the mass that is measured gives it away.

# %%
def two_layers(x):
    """The density of X = exp(2Z + 1), with a bug."""
    y = torch.log(x)  # 1
    z = (y - 1) / 2  # 2
    height = normal_density(z)  # 3
    first = torch.full_like(z, 2)  # 4
    second = torch.exp(z)  # 5
    return height / (first * second)  # 6


x = torch.linspace(-11, 13, 20_001, dtype=torch.float64).exp()
print(f"mass: {torch.trapezoid(two_layers(x), x):.4f}")

# %% [markdown] tags=["lang-es"]
# Ponga en `line` el número del renglón y complete `mended(x)`, la misma función sin el
# error. Antes de tocar el código, explíquese el número: ¿de qué es promedio esa masa?
#
# *Se revisa:* el renglón; los valores de `mended` para $x$ entre $e^{-4}$ y $e^6$.

# %% [markdown] tags=["lang-en"]
# Put the number of the line into `line` and complete `mended(x)`, the same function
# without the bug. Before you touch the code, explain the number: of what is this mass
# the mean?
#
# *What is checked:* the line; the values of `mended` for $x$ between $e^{-4}$ and $e^6$.

# %% question="e02.q6"
### BEGIN SOLUTION
line = 5
### END SOLUTION


def mended(x):
    """The density of X = exp(2Z + 1), Z ~ N(0, 1), at the points x > 0."""
    ### BEGIN SOLUTION
    y = torch.log(x)
    z = (y - 1) / 2
    first, second = 2, torch.exp(y)
    return normal_density(z) / (first * second)
    ### END SOLUTION


# %% points=2
check("e02.q6", line, mended)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** «La pendiente se evalúa en $z$» vale para una sola capa. La segunda
# recibe $y$, y allí su pendiente es $e^y$, que es $x$; el renglón 5 la toma en $z$.
# Por la regla de la cadena, la pendiente de la composición es $2 \cdot e^y$.
#
# La masa medida es un promedio: con $x = e^{2z + 1}$,
# $\int \frac{p_Z(z)}{2 e^z}\, dx = \int p_Z(z)\, \frac{2 e^{2z + 1}}{2 e^z}\, dz = \mathbb E[e^{Z + 1}]
# = e^{3/2} = 4.4817$: el estiramiento verdadero dividido por el que se usó. En un
# flujo de muchas capas es el mismo cuidado: cada $\log|f_k'|$ se suma en el punto que
# entra a la capa $k$.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** "The slope is evaluated at $z$" holds for a single layer. The second one
# receives $y$, and there its slope is $e^y$, which is $x$; line 5 takes it at $z$. By
# the chain rule, the slope of the composition is $2 \cdot e^y$.
#
# The mass that is measured is a mean: with $x = e^{2z + 1}$,
# $\int \frac{p_Z(z)}{2 e^z}\, dx = \int p_Z(z)\, \frac{2 e^{2z + 1}}{2 e^z}\, dz = \mathbb E[e^{Z + 1}]
# = e^{3/2} = 4.4817$: the true stretch divided by the one that was used. In a flow of
# many layers the same care is needed: each $\log|f_k'|$ is added at the point that
# enters layer $k$.

# %% [markdown] tags=["lang-es"]
# ## 7. Con datos propios: dos ramas desiguales (10 minutos)
#
# Ponga su número de estudiante: de él salen $a$, $x_1$ y $x_2$. Sea $E$ una variable
# exponencial de media 1, $Z = E - a$ y $X = Z^2$: la densidad de $Z$ es $e^{-(z + a)}$ si
# $z > -a$, y 0 si no. Con lápiz y calculadora: ¿cuánto vale $p_X(x_1)$ (`near`), y cuánto
# $p_X(x_2)$ (`far`)? Se piden cuatro cifras significativas.
#
# Prediga: en $x_1$, ¿qué rama aporta más, la positiva o la negativa?
#
# *Se revisa:* los dos números, con un error relativo menor que una milésima.

# %% [markdown] tags=["lang-en"]
# ## 7. With data of your own: two unequal branches (10 minutes)
#
# Put in your student number: $a$, $x_1$ and $x_2$ come from it. Let $E$ be an
# exponential variable of mean 1, $Z = E - a$ and $X = Z^2$: the density of $Z$ is
# $e^{-(z + a)}$ if $z > -a$, and 0 if not. With a pencil and a calculator: what is
# $p_X(x_1)$ (`near`), and what $p_X(x_2)$ (`far`)? Four significant digits are asked for.
#
# Predict: at $x_1$, which branch contributes more, the positive or the negative one?
#
# *What is checked:* the two numbers, to a relative error below one in a thousand.

# %%
student = "1234567"
a, x1, x2 = variant("e02.q7", student)
print(f"a = {a}, x1 = {x1}, x2 = {x2}")

# %% question="e02.q7"
### BEGIN SOLUTION
root1, root2 = math.sqrt(x1), math.sqrt(x2)
near = (math.exp(-root1 - a) + math.exp(root1 - a)) / (2 * root1)
far = math.exp(-root2 - a) / (2 * root2)
### END SOLUTION

# %% points=2
check("e02.q7", student, near, far)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** A $x_1$ llegan $z = \sqrt{x_1}$ y $z = -\sqrt{x_1}$, porque $\sqrt{x_1} < a$. El
# cuadrado estira los dos lados por igual, $2\sqrt{x_1}$, pero no traen la misma masa: la
# densidad de $Z$ decrece desde $-a$, y la rama negativa aporta más. Duplicar una rama,
# como vale para la gaussiana, aquí da de menos.
#
# A $x_2$ llega solo el positivo: $-\sqrt{x_2}$ está a la izquierda de $-a$, donde no hay
# masa. Por eso $p_X$ salta en $x = a^2$, justo donde termina la rama negativa.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** At $x_1$ arrive $z = \sqrt{x_1}$ and $z = -\sqrt{x_1}$, since $\sqrt{x_1} < a$. The
# square stretches both sides alike, by $2\sqrt{x_1}$, but they do not bring the same mass:
# the density of $Z$ falls from $-a$ on, and the negative branch contributes more. To
# double one branch, as holds for the Gaussian, gives too little here.
#
# At $x_2$ only the positive one arrives: $-\sqrt{x_2}$ lies to the left of $-a$, where there
# is no mass. So $p_X$ jumps at $x = a^2$, just where the negative branch ends.
