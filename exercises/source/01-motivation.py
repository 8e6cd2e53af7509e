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
# Seis preguntas: cuatro funciones, una predicción que se mide y una elección con su
# porqué; unos 90 minutos en total. Usted aprenderá a evaluar y a muestrear un modelo
# autorregresivo, a estimar una densidad a partir de datos, a usarla para decidir qué
# es anómalo, y qué elige la máxima verosimilitud cuando la familia no alcanza.
#
# **Cómo se trabaja.** Cada pregunta tiene una celda en la que falta algo.
# Reemplace `raise NotImplementedError` por su código, o los tres puntos `...` por
# su respuesta; ejecute la celda y luego la que llama a `check`. Esta da un
# veredicto y, si algo no se cumple, una pista. Puede probar tantas veces como quiera.
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
# Six questions: four functions, a prediction that is measured and a choice with its
# reason; about 90 minutes in all. You will learn to evaluate and to sample an
# autoregressive model, to estimate a density from data, to use it to decide what is
# anomalous, and what maximum likelihood chooses where the family is too small.
#
# **How to work.** Each question has a cell in which something is missing. Replace
# `raise NotImplementedError` by your code, or the ellipsis `...` by your answer; run
# the cell and then the one that calls `check`. It gives a verdict and, if something
# does not hold, a hint. You may try as often as you like.
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
from nflib.course.check.prediction import predict

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
# correlaciones $\rho^{|i-j|}$ (error menor que 0.03), las marginales gaussianas, y
# cada muestra independiente de la anterior.

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
# correlations $\rho^{|i-j|}$ (error below 0.03), the marginals Gaussian, and each
# sample independent of the one before.

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
# con un solo dato la media sea el dato, la desviación estándar, $h$, y la altura, la
# de esa gaussiana, con dos valores de $h$; que todos los datos pesen lo mismo.

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
# that with one datum the mean is the datum, the standard deviation $h$ and the
# height that of this Gaussian, for two values of $h$; that all data weigh the same.

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

# %% [markdown] tags=["lang-es"]
# ## 5. Prediga y mida: campanas cada vez más angostas (10 minutos)
#
# ¿Se puede elegir el ancho $h$ por máxima verosimilitud? Con 300 datos alrededor de
# una circunferencia se arma la estimación de la pregunta 3, y se promedia su
# *logaritmo* en esos mismos datos y en 1000 puntos nuevos, de la misma distribución.
# Con $h = 0.3$ los dos promedios son casi iguales: $-2.51$ y $-2.62$.
#
# Ahora $h$ baja a $0.03$. ¿Cuánto valdrá el promedio en los puntos *nuevos*? Escriba
# un número en `guess`, *antes* de medir: la predicción queda anotada y ninguna
# resta puntos.

# %% [markdown] tags=["lang-en"]
# ## 5. Predict and measure: bumps ever narrower (10 minutes)
#
# Can the width $h$ be chosen by maximum likelihood? The estimate of question 3 is
# made from 300 data around a circle, and its *logarithm* is averaged over the same
# data and over 1000 fresh points of the same distribution. With $h = 0.3$ the two
# means are almost equal: $-2.51$ and $-2.62$.
#
# Now $h$ falls to $0.03$. What will the mean be over the *fresh* points? Write a number
# in `guess`, *before* measuring: the prediction is noted, and none costs points.

# %% question="e01.q5"
### BEGIN SOLUTION
guess = -8
### END SOLUTION

# %%
predicted = predict("e01.q5", guess)


# %%
def ring(n, seed):
    g = torch.Generator().manual_seed(seed)
    turns = torch.rand(n, 1, generator=g, dtype=torch.float64)
    angle = 2 * math.pi * turns
    noise = 0.2 * torch.randn(n, 2, generator=g, dtype=torch.float64)
    return 2 * torch.cat([angle.cos(), angle.sin()], dim=1) + noise


def mean_log_kde(x, data, h):
    exponents = -(torch.cdist(x, data) ** 2) / (2 * h**2)
    logs = exponents.logsumexp(1) - math.log(len(data) * 2 * math.pi * h**2)
    return logs.mean().item()


data, fresh = ring(300, seed=1), ring(1000, seed=2)
for h in (0.3, 0.1, 0.03, 0.01):
    means = [mean_log_kde(points, data, h) for points in (data, fresh)]
    print(f"h = {h:<4}  data {means[0]:6.2f}   fresh {means[1]:6.2f}")

# %% [markdown] tags=["lang-es"]
# En los datos el promedio no deja de subir; en los puntos nuevos se derrumba. ¿Por qué?
# Ponga en `explanation` la letra, entre comillas.
#
# - **A.** Con $h$ pequeño la estimación deja de integrar 1: le sobra masa cerca de los
#   datos.
# - **B.** Los puntos nuevos no tienen la misma distribución que los datos.
# - **C.** Cada dato está en el centro de una campana suya, cuya altura crece sin límite
#   cuando $h \to 0$; un punto nuevo no tiene ninguna.
# - **D.** Es el azar de una muestra de 300: con otros datos puede salir al revés.
#
# *Se revisa:* que haya una predicción, que se comenta y no se califica; la explicación.

# %% [markdown] tags=["lang-en"]
# On the data the mean keeps rising; on fresh points it collapses. Why? Put the letter
# into `explanation`, in quotes.
#
# - **A.** With a small $h$ the estimate no longer integrates to 1: it has too much mass
#   near the data.
# - **B.** The fresh points do not have the same distribution as the data.
# - **C.** Each datum is at the centre of a bump of its own, whose height grows without
#   limit as $h \to 0$; a fresh point has none.
# - **D.** It is the chance of a sample of 300: with other data it may be the opposite.
#
# *What is checked:* that there is a prediction, which is commented on and not marked;
# the explanation.

# %% question="e01.q5" after="-2"
### BEGIN SOLUTION
explanation = "C"
### END SOLUTION

# %% points=2
check("e01.q5", predicted, explanation)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** En su propio dato, una campana sola ya da la densidad
# $\frac{1}{2\pi N h^2}$: con $N = 300$ y $h = 0.03$ el logaritmo es al menos $-0.53$, y
# crece sin límite cuando $h \to 0$. Un punto nuevo tiene el dato más cercano a una
# distancia $r$ que no depende de $h$, y su logaritmo pierde unos $r^2 / 2h^2$: los
# 300 datos cubren unas 9 unidades de área, $r^2$ es en promedio cercano a 0.01, y
# eso ya son 5 nats con $h = 0.03$; los huecos de los bordes agregan más.
#
# La máxima verosimilitud sobre los datos elegiría $h = 0$. Su promedio se acerca a
# $-H - \mathrm{KL}$ si el modelo está fijo y los datos crecen, no si el modelo pone una
# campana sobre cada dato. Por eso $h$, como el umbral de la pregunta 4, se elige con
# puntos de validación; aquí queda cerca de $0.2$.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** At its own datum a single bump already gives the density
# $\frac{1}{2\pi N h^2}$: with $N = 300$ and $h = 0.03$ the logarithm is at least $-0.53$,
# and it grows without limit as $h \to 0$. A fresh point has its closest datum at a
# distance $r$ that does not depend on $h$, and its logarithm loses about $r^2 / 2h^2$:
# the 300 data cover some 9 units of area, $r^2$ is close to 0.01 on average, and that is
# 5 nats already with $h = 0.03$; the gaps at the borders add more.
#
# Maximum likelihood on the data would choose $h = 0$. Its mean comes close to
# $-H - \mathrm{KL}$ if the model is fixed and the data grow, not if the model puts a bump
# on each datum. Hence $h$, like the threshold of question 4, is chosen with validation
# points; here it is close to $0.2$.

# %% [markdown] tags=["lang-es"]
# ## 6. Elija y diga por qué: una gaussiana para dos picos (10 minutos)
#
# Los datos son muchísimos y siguen
# $p = \frac12 \mathcal N(-3,\, 0.25) + \frac12 \mathcal N(3,\, 0.25)$: dos picos de desviación
# estándar 0.5. Se ajusta por máxima verosimilitud *una sola* gaussiana, con media $m$ y
# desviación estándar $s$. ¿Cuál se elige (`option`)?
#
# - **A.** La de uno de los picos, $m = \pm 3$ y $s = 0.5$: allí los datos son más densos.
# - **B.** Una en el medio, $m = 0$, tan ancha como los datos todos juntos.
# - **C.** Una en el medio, $m = 0$, tan angosta como un pico: el promedio de los dos.
# - **D.** Ninguna: la verosimilitud crece sin límite al achicar $s$, como en la pregunta 5.
#
# Calcule su desviación estándar (`spread`), con cuatro cifras. Y diga por qué gana esa
# (`reason`):
#
# - **A.** Porque se castiga que el modelo ponga masa donde no hay datos.
# - **B.** Porque la divergencia es una distancia, y esa gaussiana equidista de los picos.
# - **C.** Porque su media es la de los datos, y la media es el valor más probable.
# - **D.** Porque el promedio se toma sobre los datos: dejar algunos con densidad casi
#   nula cuesta más que bajarles la altura a todos.
#
# *Se revisa:* las dos letras, y el número con un error relativo menor que una milésima.

# %% [markdown] tags=["lang-en"]
# ## 6. Choose and say why: one Gaussian for two peaks (10 minutes)
#
# The data are very many and follow
# $p = \frac12 \mathcal N(-3,\, 0.25) + \frac12 \mathcal N(3,\, 0.25)$: two peaks of standard
# deviation 0.5. *One* Gaussian, with mean $m$ and standard deviation $s$, is fitted by
# maximum likelihood. Which is chosen (`option`)?
#
# - **A.** That of one of the peaks, $m = \pm 3$ and $s = 0.5$: there the data are densest.
# - **B.** One in the middle, $m = 0$, as wide as all the data together.
# - **C.** One in the middle, $m = 0$, as narrow as a peak: the mean of the two.
# - **D.** None: the likelihood grows without limit as $s$ shrinks, as in question 5.
#
# Work out its standard deviation (`spread`), to four digits. And say why that one wins
# (`reason`):
#
# - **A.** Because a model is punished for putting mass where there are no data.
# - **B.** Because the divergence is a distance, and this Gaussian is as far from one peak
#   as from the other.
# - **C.** Because its mean is that of the data, and the mean is the most probable value.
# - **D.** Because the mean is taken over the data: to leave some with a density of almost
#   zero costs more than lowering the height for all.
#
# *What is checked:* the two letters, and the number to a relative error below one in a
# thousand.

# %% question="e01.q6"
### BEGIN SOLUTION
option = "B"
spread = math.sqrt(9 + 0.25)
reason = "D"
### END SOLUTION

# %% points=2
check("e01.q6", option, spread, reason)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** La pérdida de $\mathcal N(m, s^2)$ es
# $\ln s + \frac12 \ln 2\pi + \frac{1}{2 s^2}\, \mathbb E[(X - m)^2]$, con el promedio según los
# datos. Es mínima en $m = \mathbb E[X] = 0$ y $s^2 = \mathbb E[X^2] = 9 + 0.25$, o sea
# $s = 3.041$, y vale $2.53$ nats. Un solo pico acierta con la mitad de los datos y deja la
# otra mitad a doce desvíos: su pérdida es de unos $36.7$ nats. La angosta del medio
# pierde $18.7$.
#
# Se minimiza $\mathrm{KL}(p \,\Vert\, q)$, un promedio según los datos: el modelo debe cubrirlos
# todos, aunque ponga masa donde no los hay. La divergencia al revés,
# $\mathrm{KL}(q \,\Vert\, p)$, promedia según el modelo y elegiría un pico. Lo que falta no se
# arregla con más datos sino con otra familia: es lo que hará un flujo.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** The loss of $\mathcal N(m, s^2)$ is
# $\ln s + \frac12 \ln 2\pi + \frac{1}{2 s^2}\, \mathbb E[(X - m)^2]$, with the mean over the
# data. It is least at $m = \mathbb E[X] = 0$ and $s^2 = \mathbb E[X^2] = 9 + 0.25$, that is
# $s = 3.041$, where it is $2.53$ nats. A single peak is right for half of the data and
# leaves the other half at twelve standard deviations: its loss is about $36.7$ nats. The
# narrow one in the middle loses $18.7$.
#
# It is $\mathrm{KL}(p \,\Vert\, q)$ that is minimised, a mean over the data: the model has to cover
# all of them, even if it puts mass where there are none. The divergence the other way
# round, $\mathrm{KL}(q \,\Vert\, p)$, takes the mean over the model and would choose a peak. What is
# missing is not mended by more data but by another family: that is what a flow will do.
