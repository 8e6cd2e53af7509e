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
# # Soluciones 1. Motivación
#
# Las respuestas del cuaderno de ejercicios, cada una con su porqué.
# Conviene abrirlas después del segundo intento, no antes del primero.

# %% [markdown] tags=["lang-en", "solution"]
# # Solutions 1. Motivation
#
# The answers to the exercise notebook, each with its reason.
# They are best opened after the second attempt, not before the first.

# %% [markdown] tags=["lang-es", "exercise"]
# # Ejercicios 1. Motivación
#
# Cuatro preguntas, unos 70 minutos en total. Usted aprenderá a evaluar y a
# muestrear un modelo autorregresivo, a estimar una densidad a partir de datos
# y a usar una densidad para decidir qué es anómalo.
#
# **Cómo se trabaja.** Cada pregunta tiene una celda con una o más funciones.
# Reemplace `raise NotImplementedError` por su código, ejecute la celda y luego
# la siguiente, que llama a `check`. La respuesta es un veredicto y, si algo
# no se cumple, una pista. Puede probar tantas veces como quiera.
#
# Antes de probar, `hint("e01.q1")` da una pista y hay tres por pregunta;
# `progress()` muestra lo que lleva hecho.

# %% [markdown] tags=["lang-es"]
# **Convenciones.** Los tensores son de tipo `float64`; el primer índice numera
# los puntos: `(n, d)` son $n$ puntos de dimensión $d$, uno por fila. Los
# textos dentro del código están en inglés.

# %% [markdown] tags=["lang-en", "exercise"]
# # Exercises 1. Motivation
#
# Four questions, about 70 minutes in all. You will learn to evaluate and to
# sample an autoregressive model, to estimate a density from data, and to use
# a density to decide what is anomalous.
#
# **How to work.** Each question has a cell with one or more functions. Replace
# `raise NotImplementedError` by your code, run the cell and then the next one,
# which calls `check`. The answer is a verdict and, if something does not
# hold, a hint. You may try as often as you like.
#
# Before trying, `hint("e01.q1")` gives a hint, and there are three for each question;
# `progress()` shows what you have done.

# %% [markdown] tags=["lang-en"]
# **Conventions.** Tensors are of type `float64`; the first index numbers the
# points: `(n, d)` are $n$ points of dimension $d$, one a row.

# %%
import math

import torch

from nflib.course.check import check, hint, language, progress, solution

language("{{lang}}")


def normal_log_density(x, mean, variance):
    """Log-density of N(mean, variance) at x, entry by entry."""
    square = (x - mean) ** 2 / variance
    return -(square + math.log(2 * math.pi * variance)) / 2


# %% [markdown] tags=["lang-es"]
# ## 1. La log-densidad de una autorregresión (15 minutos)
#
# Sea $X_1 \sim \mathcal N(0, 1)$ y, para $i \ge 2$,
# $X_i \mid x_{i-1} \sim \mathcal N(\rho\, x_{i-1},\, 1 - \rho^2)$ con $|\rho| < 1$; el segundo
# argumento de $\mathcal N$ es la varianza. La regla de la cadena da
# $p(\mathbf x) = p(x_1) \prod_{i \ge 2} p(x_i \mid x_{i-1})$.
#
# Complete `ar_log_prob(x, rho)`: recibe puntos de forma `(n, d)`, con $d \ge 1$,
# y un número de Python, y devuelve $\ln p(\mathbf x)$, forma `(n,)`. Puede usar
# `normal_log_density`.
#
# Prediga: ¿qué varianza tiene $X_2$? ¿Y $X_d$?
#
# *Se revisa:* el caso $d = 1$; para $d = 2$ y $d = 5$ y varios $\rho$, que sea la
# log-densidad de $\mathcal N(\mathbf 0, \Sigma)$ con $\Sigma_{ij} = \rho^{|i-j|}$.

# %% [markdown] tags=["lang-en"]
# ## 1. The log-density of an autoregression (15 minutes)
#
# Let $X_1 \sim \mathcal N(0, 1)$ and, for $i \ge 2$,
# $X_i \mid x_{i-1} \sim \mathcal N(\rho\, x_{i-1},\, 1 - \rho^2)$ with $|\rho| < 1$; the second
# argument of $\mathcal N$ is the variance. The chain rule gives
# $p(\mathbf x) = p(x_1) \prod_{i \ge 2} p(x_i \mid x_{i-1})$.
#
# Complete `ar_log_prob(x, rho)`: it takes points of shape `(n, d)`, with
# $d \ge 1$, and a Python number, and returns $\ln p(\mathbf x)$, shape `(n,)`. You may
# use `normal_log_density`.
#
# Predict: what is the variance of $X_2$? And of $X_d$?
#
# *What is checked:* the case $d = 1$; for $d = 2$ and $d = 5$ and several $\rho$, that
# it is the log-density of $\mathcal N(\mathbf 0, \Sigma)$ with $\Sigma_{ij} = \rho^{|i-j|}$.

# %% question="e01.q1"
def ar_log_prob(x, rho):
    """Log-density of the autoregression at the points x, shape (n,)."""
    ### BEGIN SOLUTION
    first = normal_log_density(x[:, 0], 0, 1)
    before, after = x[:, :-1], x[:, 1:]
    rest = normal_log_density(after, rho * before, 1 - rho**2)
    return first + rest.sum(1)
    ### END SOLUTION


# %% points=2
check("e01.q1", ar_log_prob)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** Al evaluar, todos los $x_i$ se conocen: los $d$ factores se calculan a
# la vez, sin esperar unos a otros. Si $X_{i-1}$ tiene varianza 1, la de $X_i$ es
# $\rho^2 + (1 - \rho^2) = 1$: todas las marginales son $\mathcal N(0, 1)$, y la
# correlación de $X_i$ y $X_j$ es $\rho^{|i-j|}$.
#
# Con $\rho = 0.8$ y $d = 5$, el producto de las marginales pierde en promedio
# $-\frac{d-1}{2}\ln(1 - \rho^2) = 2.04$ nats por muestra: eso vale conocer la
# dependencia.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** To evaluate, all the $x_i$ are known: the $d$ factors are computed at
# once, none waiting for another. If $X_{i-1}$ has variance 1, that of $X_i$ is
# $\rho^2 + (1 - \rho^2) = 1$: all marginals are $\mathcal N(0, 1)$, and the
# correlation of $X_i$ and $X_j$ is $\rho^{|i-j|}$.
#
# With $\rho = 0.8$ and $d = 5$, the product of the marginals loses on average
# $-\frac{d-1}{2}\ln(1 - \rho^2) = 2.04$ nats a sample: that is what knowing the
# dependence is worth.

# %% [markdown] tags=["lang-es"]
# ## 2. Muestrear, una variable tras otra (15 minutos)
#
# Complete `ar_sample(n, d, rho, generator)`: `n` muestras independientes de la
# distribución de la pregunta 1, forma `(n, d)`. Todo el azar debe salir del generador
# que recibe: `torch.randn(n, generator=generator)`.
#
# Prediga: ¿se puede evitar el bucle sobre las $d$ variables?
#
# *Se revisa:* que la misma semilla dé las mismas muestras y otra semilla,
# otras; con $n = 50\,000$, que las varianzas sean 1 (error menor que 0.04), las
# correlaciones $\rho^{|i-j|}$ (error menor que 0.03), y las marginales gaussianas.

# %% [markdown] tags=["lang-en"]
# ## 2. Sampling, one variable after another (15 minutes)
#
# Complete `ar_sample(n, d, rho, generator)`: `n` independent samples of the distribution
# of question 1, shape `(n, d)`. All chance must come from the generator that
# you are given: `torch.randn(n, generator=generator)`.
#
# Predict: can the loop over the $d$ variables be avoided?
#
# *What is checked:* that the same seed gives the same samples and another seed
# others; with $n = 50\,000$, that the variances are 1 (error below 0.04), the
# correlations $\rho^{|i-j|}$ (error below 0.03), and the marginals Gaussian.

# %% question="e01.q2"
def ar_sample(n, d, rho, generator):
    """n samples of the autoregression on d variables, shape (n, d)."""
    ### BEGIN SOLUTION
    noise = torch.randn(n, d, generator=generator, dtype=torch.float64)
    x = noise.clone()
    for i in range(1, d):
        x[:, i] = rho * x[:, i - 1] + math.sqrt(1 - rho**2) * noise[:, i]
    return x
    ### END SOLUTION


# %% points=2
check("e01.q2", ar_sample)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** Para muestrear hay que tener $x_{i-1}$ antes de $x_i$: la generación es
# secuencial. Poner el *ruido* anterior en lugar de la *muestra* anterior da
# varianzas correctas, pero olvida todo lo que está dos pasos atrás: la
# correlación de $X_1$ y $X_3$ sale 0 en lugar de $\rho^2 = 0.64$.
#
# Aquí el bucle se puede evitar, porque la dependencia es lineal:
# $\mathbf x = L\mathbf z$ con $\Sigma = LL^\top$. La misma cuenta, vista así, es una función
# invertible de ruido gaussiano: un flujo. Con una red en lugar de
# $\rho\, x_{i-1}$ el bucle es inevitable.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** To sample, $x_{i-1}$ must be there before $x_i$: generation is
# sequential. Putting the *noise* before in place of the *sample* before gives
# the right variances, but forgets all that is two steps back: the correlation
# of $X_1$ and $X_3$ comes out as 0 instead of $\rho^2 = 0.64$.
#
# Here the loop can be avoided, because the dependence is linear:
# $\mathbf x = L\mathbf z$ with $\Sigma = LL^\top$. The same computation, seen like this, is an
# invertible function of Gaussian noise: a flow. With a network in place of
# $\rho\, x_{i-1}$ the loop is unavoidable.

# %% [markdown] tags=["lang-es"]
# ## 3. Una densidad debe integrar 1 (20 minutos)
#
# La estimación por núcleos pone una campana gaussiana sobre cada dato
# $\mathbf x_1, \dots, \mathbf x_N$ del plano y las promedia: es la mezcla de las distribuciones
# $\mathcal N(\mathbf x_n, h^2 I)$ con pesos $1/N$.
#
# Complete `kde(x, data, h)`: recibe puntos de forma `(n, 2)`, datos de forma
# `(N, 2)` y el ancho $h$, un número de Python, y devuelve la densidad estimada en
# los puntos, forma `(n,)`. Puede armar tensores de forma `(n, N, 2)`:
# `x[:, None] - data`.
#
# Prediga: si $h$ baja a la mitad, ¿por cuánto se multiplica la altura de cada
# campana?
#
# *Se revisa:* que integre 1 sobre una cuadrícula (error menor que $10^{-3}$); que
# con un solo dato la media sea el dato y la desviación estándar, $h$; que todos
# los datos pesen lo mismo.

# %% [markdown] tags=["lang-en"]
# ## 3. A density must integrate to 1 (20 minutes)
#
# The kernel density estimate puts a Gaussian bump on each datum
# $\mathbf x_1, \dots, \mathbf x_N$ of the plane and averages them: it is the mixture of the distributions
# $\mathcal N(\mathbf x_n, h^2 I)$ with weights $1/N$.
#
# Complete `kde(x, data, h)`: it takes points of shape `(n, 2)`, data of shape
# `(N, 2)` and the width $h$, a Python number, and returns the density estimated at
# the points, shape `(n,)`. You may build tensors of shape `(n, N, 2)`:
# `x[:, None] - data`.
#
# Predict: if $h$ is halved, by how much is the height of each bump multiplied?
#
# *What is checked:* that it integrates to 1 on a grid (error below $10^{-3}$);
# that with one datum the mean is the datum and the standard deviation $h$; that
# all data weigh the same.

# %% question="e01.q3"
def kde(x, data, h):
    """Kernel density estimate of width h at the points x, shape (n,)."""
    ### BEGIN SOLUTION
    squares = ((x[:, None] - data) ** 2).sum(2)
    bumps = torch.exp(-squares / (2 * h**2)) / (2 * math.pi * h**2)
    return bumps.mean(1)
    ### END SOLUTION


# %% points=3
check("e01.q3", kde)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** Encoger una campana $h$ veces en cada una de $d$ direcciones multiplica
# su volumen por $h^d$; la altura debe crecer $1/h^d$ para que la masa siga siendo 1.
# En el plano, con $h = 0.3$, el factor $1/h$ deja una masa de 0.30 y sin factor
# queda 0.09. Es la misma cuenta que hará un flujo con cada región del espacio.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** Shrinking a bump by $h$ in each of $d$ directions multiplies its volume by
# $h^d$; the height must grow by $1/h^d$ so that the mass remains 1. In the plane, with
# $h = 0.3$, the factor $1/h$ leaves a mass of 0.30 and no factor leaves 0.09. It is
# the same account that a flow will keep for every region of space.

# %% [markdown] tags=["lang-es"]
# ## 4. Un umbral para anomalías (20 minutos)
#
# Un detector da la alarma en $\mathbf x$ cuando $\ln p(\mathbf x) < t$. Se desea que en
# puntos normales, es decir, de la misma distribución que los datos, la alarma suene con
# probabilidad `rate`.
#
# Complete `alarm_threshold(log_density, training, validation, rate)`, que
# devuelve el umbral $t$, un número. `log_density` es una función de puntos de
# forma `(n, 2)` a valores de forma `(n,)`, estimada con los puntos `training`; los
# puntos `validation` son de la misma distribución y no se usaron para estimarla.
#
# Prediga: ¿en cuál de los dos conjuntos es mayor, en media, la log-densidad?
#
# *Se revisa:* la fracción de alarmas en 10 000 puntos nuevos, con una densidad
# demasiado ajustada a sus datos: entre 0.03 y 0.08 cuando `rate` es 0.05, y entre
# 0.26 y 0.34 cuando es 0.3.

# %% [markdown] tags=["lang-en"]
# ## 4. A threshold for anomalies (20 minutes)
#
# A detector gives the alarm at $\mathbf x$ when $\ln p(\mathbf x) < t$. At normal points,
# that is, points of the same distribution as the data, the alarm should sound with
# probability `rate`.
#
# Complete `alarm_threshold(log_density, training, validation, rate)`, which
# returns the threshold $t$, one number. `log_density` is a function from points
# of shape `(n, 2)` to values of shape `(n,)`, estimated from the points
# `training`; the points `validation` have the same distribution and were not used for it.
#
# Predict: on which of the two sets is the mean log-density larger?
#
# *What is checked:* the fraction of alarms on 10,000 fresh points, with a density
# fitted too closely to its data: between 0.03 and 0.08 when `rate` is 0.05, and
# between 0.26 and 0.34 when it is 0.3.

# %% question="e01.q4"
def alarm_threshold(log_density, training, validation, rate):
    """The threshold t for which log_density < t has probability rate."""
    ### BEGIN SOLUTION
    scores = log_density(validation).sort().values
    return scores[int(rate * len(scores))]
    ### END SOLUTION


# %% points=2
check("e01.q4", alarm_threshold)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** El umbral es el cuantil de orden `rate` de la log-densidad en puntos
# *que el modelo no vio*. En los de entrenamiento cada punto tiene encima su propia
# campana y parece más probable de lo que es: el umbral sale demasiado alto
# y la alarma, en lugar del 5 %, suena en el 46 % de los puntos nuevos de esta revisión.
#
# El cuantil promete una tasa de falsas alarmas y nada más. Que un punto
# anómalo caiga por debajo del umbral es otra pregunta: densidad alta no significa
# «normal», y el libro volverá sobre ello.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** The threshold is the quantile of order `rate` of the log-density at points
# *that the model has not seen*. Each training point has its own bump above it and
# seems more probable than it is: the threshold comes out too high and the alarm,
# instead of 5 %, sounds on 46 % of the fresh points of this check.
#
# The quantile promises a rate of false alarms and nothing else. Whether an
# anomalous point falls below the threshold is another question: high density does
# not mean "normal", and the book will come back to it.
