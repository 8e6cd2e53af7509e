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
# # Soluciones 5. Flujos normalizadores: modelo, aprendizaje e inferencia
#
# Las respuestas del cuaderno de ejercicios, cada una con su porqué.
# Conviene abrirlas después del segundo intento, no antes del primero.

# %% [markdown] tags=["lang-en", "solution"]
# # Solutions 5. Normalizing flows: model, learning and inference
#
# The answers to the exercise notebook, each with its reason.
# They are best opened after the second attempt, not before the first.

# %% [markdown] tags=["lang-es", "exercise"]
# # Ejercicios 5. Flujos normalizadores: modelo, aprendizaje e inferencia
#
# Siete preguntas: cinco de programar, de la más sencilla a la más exigente, una elección con su
# porqué y una cuenta con números propios; unos 115 minutos en total. Usted aprenderá a componer
# capas y a recorrerlas en los dos sentidos, a escribir la verosimilitud de todos los datos, a
# resolver a mano el flujo afín, a distinguir las dos divergencias y a decidir si los códigos de un
# flujo son normales.
#
# **Cómo se trabaja.** Cada pregunta tiene una celda con una o más funciones.
# Reemplace `raise NotImplementedError` por su código, ejecute la celda y luego
# la siguiente, que llama a `check`. La respuesta es un veredicto y, si algo
# no se cumple, una pista. Puede probar tantas veces como quiera.
#
# Antes de probar, `hint("e05.q1")` da una pista y hay tres por pregunta;
# `progress()` muestra lo que lleva hecho.

# %% [markdown] tags=["lang-es"]
# **Convenciones.** Los puntos llegan en un tensor de PyTorch de tipo `float64`
# y forma `(n, d)`, un punto por fila. Una densidad devuelve un valor por punto,
# en un tensor de forma `(n,)`. Una *capa* es un objeto con dos métodos:
#
# - `layer.forward(z)` devuelve el par $(f(z), \log|\det J_f(z)|)$;
# - `layer.inverse(x)` devuelve el par $(f^{-1}(x), \log|\det J_{f^{-1}}(x)|)$.
#
# Los textos dentro del código están en inglés.

# %% [markdown] tags=["lang-en", "exercise"]
# # Exercises 5. Normalizing flows: model, learning and inference
#
# Seven questions: five to program, from the simplest to the most demanding, a choice with its
# reason and a computation with numbers of your own; about 115 minutes in all. You will learn to
# compose layers and to run them in both directions, to write the likelihood of all the data, to
# solve the affine flow by hand, to tell the two divergences apart and to decide whether the codes
# of a flow are normal.
#
# **How to work.** Each question has a cell with one or more functions. Replace
# `raise NotImplementedError` by your code, run the cell and then the next one,
# which calls `check`. The answer is a verdict and, if something does not
# hold, a hint. You may try as often as you like.
#
# Before trying, `hint("e05.q1")` gives a hint, and there are three for each question;
# `progress()` shows what you have done.

# %% [markdown] tags=["lang-en"]
# **Conventions.** The points come in a PyTorch tensor of type `float64` and
# shape `(n, d)`, one point a row. A density returns one value for each point,
# in a tensor of shape `(n,)`. A *layer* is an object with two methods:
#
# - `layer.forward(z)` returns the pair $(f(z), \log|\det J_f(z)|)$;
# - `layer.inverse(x)` returns the pair $(f^{-1}(x), \log|\det J_{f^{-1}}(x)|)$.
#
# The texts inside the code are in English.

# %%
import math

import torch

from nflib import MLP, Affine, AffineCoupling, Flow, StandardNormal, fit
from nflib.course.check import check, hint, language, progress, solution
from nflib.course.check.variants import variant

language("{{lang}}")


def normal_log_density(z):
    """Log-density of N(0, I) at the points z, shape (n, d)."""
    d = z.shape[-1]
    return -(z**2).sum(-1) / 2 - d * math.log(2 * math.pi) / 2


# %% [markdown] tags=["lang-es"]
# ## 1. Componer (15 minutos)
#
# Un flujo es una lista de capas: con $\mathbf z_0 = \mathbf z$ y
# $\mathbf z_k = f_k(\mathbf z_{k-1})$, el dato es $\mathbf x = \mathbf z_K$. Complete
# tres funciones; `layers` es la lista $[f_1, \dots, f_K]$:
#
# - `to_data(z, layers)`, los datos $\mathbf x$ que corresponden a los puntos `z`;
# - `to_latent(x, layers)`, los códigos $\mathbf z$ de los puntos `x`;
# - `log_prob(x, layers, base_log_prob)`, la log-densidad del flujo en los puntos
#   `x`; `base_log_prob` es una función como `normal_log_density`.
#
# Prediga: si las capas se deshacen en el orden en que se aplicaron, ¿se nota en
# la densidad?
#
# *Se revisa*, con cadenas de $d = 2$ y $d = 3$: cada sentido; que ida y vuelta den
# el punto de partida; la log-densidad, contra el jacobiano automático de la cadena
# entera; que sirva para otra base.

# %% [markdown] tags=["lang-en"]
# ## 1. Compose (15 minutes)
#
# A flow is a list of layers: with $\mathbf z_0 = \mathbf z$ and
# $\mathbf z_k = f_k(\mathbf z_{k-1})$, the datum is $\mathbf x = \mathbf z_K$. Complete
# three functions; `layers` is the list $[f_1, \dots, f_K]$:
#
# - `to_data(z, layers)`, the data $\mathbf x$ that belong to the points `z`;
# - `to_latent(x, layers)`, the codes $\mathbf z$ of the points `x`;
# - `log_prob(x, layers, base_log_prob)`, the log-density of the flow at the points
#   `x`; `base_log_prob` is a function like `normal_log_density`.
#
# Predict: if the layers are undone in the order in which they were applied, does
# the density show it?
#
# *What is checked*, with chains of $d = 2$ and $d = 3$: each direction; that there
# and back give the starting point; the log-density, against the automatic
# Jacobian of the whole chain; that it serves another base.


# %% question="e05.q1"
def to_data(z, layers):
    """The points x to which the layers take the points z."""
    ### BEGIN SOLUTION
    for layer in layers:
        z, _ = layer.forward(z)
    return z
    ### END SOLUTION


def to_latent(x, layers):
    """The points z that the layers take to the points x."""
    ### BEGIN SOLUTION
    for layer in reversed(layers):
        x, _ = layer.inverse(x)
    return x
    ### END SOLUTION


def log_prob(x, layers, base_log_prob):
    """The log-density of the flow at the points x, shape (n,)."""
    ### BEGIN SOLUTION
    total = 0
    for layer in reversed(layers):
        x, log_abs_det = layer.inverse(x)
        total = total + log_abs_det
    return base_log_prob(x) + total
    ### END SOLUTION


# %% points=2
check("e05.q1", to_data, to_latent, log_prob)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** La última capa que se aplicó es la primera que se deshace:
# $(f_K \circ \dots \circ f_1)^{-1} = f_1^{-1} \circ \dots \circ f_K^{-1}$. Al volver, cada capa entrega
# el logaritmo del determinante de su inversa, en el punto al que se llegó con las
# anteriores, y esos números se suman: el determinante de un producto es el producto
# de los determinantes.
#
# Con el orden cambiado el resultado también es una densidad, la de *otro* flujo:
# integra 1 y no delata nada. Por eso se revisa ida y vuelta.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** The last layer to be applied is the first to be undone:
# $(f_K \circ \dots \circ f_1)^{-1} = f_1^{-1} \circ \dots \circ f_K^{-1}$. On the way back, each layer hands over
# the logarithm of the determinant of its inverse, at the point reached with those
# before it, and these numbers are added: the determinant of a product is the
# product of the determinants.
#
# In the wrong order the result is a density too, that of *another* flow: it
# integrates to 1 and gives nothing away. That is why there and back is checked.

# %% [markdown] tags=["lang-es"]
# ## 2. Los corchetes (10 minutos)
#
# Sea $f(\mathbf z) = A\mathbf z + \mathbf b$ con base $\mathcal N(0, I)$. Complete
# `log_likelihood(x, A, b)`, la log-verosimilitud de los $N$ datos `x` juntos, de forma
# `(N, d)`; es un solo número,
#
# $$
# \sum_{n=1}^N \Big[ \log p_Z\big(f^{-1}(\mathbf x_n)\big) + \log\big|\det J_{f^{-1}}(\mathbf x_n)\big| \Big] .
# $$
#
# `A` tiene forma `(d, d)` y es invertible; `b` tiene forma `(d,)`. Puede usar
# `normal_log_density`, `torch.linalg.inv` y `torch.linalg.slogdet`.
#
# La clase escribió la suma sin los corchetes. Prediga: con $d = 1$, $A = 2$ y mil
# datos, ¿cuánto vale la parte del determinante, con corchetes y sin ellos?
#
# *Se revisa:* ese ejemplo; matrices de 2×2 y de 3×3 de determinante negativo.

# %% [markdown] tags=["lang-en"]
# ## 2. The brackets (10 minutes)
#
# Let $f(\mathbf z) = A\mathbf z + \mathbf b$ with base $\mathcal N(0, I)$. Complete
# `log_likelihood(x, A, b)`, the log-likelihood of the $N$ data `x` together, of shape
# `(N, d)`; it is one number,
#
# $$
# \sum_{n=1}^N \Big[ \log p_Z\big(f^{-1}(\mathbf x_n)\big) + \log\big|\det J_{f^{-1}}(\mathbf x_n)\big| \Big] .
# $$
#
# `A` has shape `(d, d)` and is invertible; `b` has shape `(d,)`. You may use
# `normal_log_density`, `torch.linalg.inv` and `torch.linalg.slogdet`.
#
# The lecture wrote the sum without the brackets. Predict: with $d = 1$, $A = 2$ and
# a thousand data, what is the part of the determinant, with brackets and without?
#
# *What is checked:* that example; matrices of 2×2 and 3×3 with a negative
# determinant.


# %% question="e05.q2"
def log_likelihood(x, A, b):
    """The log-likelihood of all the data x under f(z) = A z + b."""
    ### BEGIN SOLUTION
    W = torch.linalg.inv(A)
    z = (x - b) @ W.mT
    log_abs_det = torch.linalg.slogdet(W).logabsdet
    return (normal_log_density(z) + log_abs_det).sum()
    ### END SOLUTION


# %% points=2
check("e05.q2", log_likelihood)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** Los datos son independientes, y cada uno aporta los *dos* términos. Aquí el
# segundo es el mismo para todos, y por eso se pierde con facilidad: con $A = 2$ suma
# $-1000 \ln 2 = -693.15$, y sin los corchetes, $-\ln 2 = -0.69$. Al entrenar, esa pérdida
# casi no castigaría ensanchar la densidad.
#
# En el código los corchetes son los paréntesis: el número `log_abs_det` se suma a cada fila
# antes de sumar sobre las filas.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** The data are independent, and each contributes *both* terms. Here the second is the
# same for all of them, and is thus easily lost: with $A = 2$ it adds up to
# $-1000 \ln 2 = -693.15$, and without the brackets to $-\ln 2 = -0.69$. In training, that loss
# would hardly penalise widening the density.
#
# In the code the brackets are the parentheses: the number `log_abs_det` is added to each row
# before adding over the rows.

# %% [markdown] tags=["lang-es"]
# ## 3. El flujo afín, resuelto a mano (15 minutos)
#
# El mismo flujo, $f(\mathbf z) = A\mathbf z + \mathbf b$; ahora se buscan los parámetros. La *pérdida*
# es la log-verosimilitud de la pregunta 2 cambiada de signo y dividida entre $N$.
# Complete tres funciones de los datos `x`, de forma `(N, d)`, cuya covarianza es invertible:
#
# - `best_b(x)`, el vector $\mathbf b$ de menor pérdida, de forma `(d,)`;
# - `best_A(x)`, una matriz $A$ de menor pérdida, de forma `(d, d)`: hay muchas, y
#   cualquiera sirve;
# - `least_loss(x)`, la pérdida que se alcanza con ellas, un número, sin calcular
#   códigos: una fórmula con el determinante de la covarianza basta.
#
# `x.mT.cov(correction=k)` es la matriz de covarianza de las filas, con $N - k$ en el
# divisor.
#
# Prediga: ¿qué divisor pide la máxima verosimilitud? ¿Y por qué hay muchas $A$?
#
# *Se revisa*, con 7 y 12 datos: la media; que $AA^{\mathsf T}$ sea la covarianza que
# corresponde; la pérdida.

# %% [markdown] tags=["lang-en"]
# ## 3. The affine flow, solved by hand (15 minutes)
#
# The same flow, $f(\mathbf z) = A\mathbf z + \mathbf b$; now its parameters are sought. The *loss* is the
# log-likelihood of question 2 with its sign changed and divided by $N$.
# Complete three functions of the data `x`, of shape `(N, d)`, whose covariance is invertible:
#
# - `best_b(x)`, the vector $\mathbf b$ of least loss, of shape `(d,)`;
# - `best_A(x)`, a matrix $A$ of least loss, of shape `(d, d)`: there are many, and
#   any of them will do;
# - `least_loss(x)`, the loss that is reached with them, one number, without
#   computing codes: a formula with the determinant of the covariance is enough.
#
# `x.mT.cov(correction=k)` is the covariance matrix of the rows, with $N - k$ as
# divisor.
#
# Predict: which divisor does maximum likelihood ask for? And why are there many $A$?
#
# *What is checked*, with 7 and 12 data: the mean; that $AA^{\mathsf T}$ is the covariance
# that it should be; the loss.


# %% question="e05.q3"
def best_b(x):
    """The vector b of the affine flow that makes the data most likely."""
    ### BEGIN SOLUTION
    return x.mean(0)
    ### END SOLUTION


def best_A(x):
    """A matrix A of the affine flow that makes the data most likely."""
    ### BEGIN SOLUTION
    return torch.linalg.cholesky(x.mT.cov(correction=0))
    ### END SOLUTION


def least_loss(x):
    """The loss of the affine flow with the best A and b, in nats a datum."""
    ### BEGIN SOLUTION
    d = x.shape[1]
    log_det = torch.logdet(x.mT.cov(correction=0))
    return d * math.log(2 * math.pi * math.e) / 2 + log_det / 2
    ### END SOLUTION


# %% points=2
check("e05.q3", best_b, best_A, least_loss)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** El modelo es $\mathcal N(\mathbf b, AA^{\mathsf T})$, y la gaussiana más verosímil tiene la
# media y la covarianza de los datos, con divisor $N$: el que sale de derivar una suma de
# $N$ términos. El divisor $N - 1$ corrige un sesgo, que es otro propósito.
#
# Cualquier raíz sirve, porque $AQ$ con $Q$ ortogonal da la misma covarianza: la densidad
# no determina los códigos. Cholesky es la raíz triangular.
#
# Con esos parámetros los códigos tienen covarianza $I$, y la mitad de su norma al cuadrado
# promedia $d/2$, exactamente. De ahí el $e$ dentro del logaritmo:
# $\tfrac d2 \ln(2\pi) + \tfrac d2 + \tfrac12 \ln\det\hat\Sigma$.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** The model is $\mathcal N(\mathbf b, AA^{\mathsf T})$, and the most likely Gaussian has the mean
# and the covariance of the data, with divisor $N$: the one that comes from differentiating a
# sum of $N$ terms. The divisor $N - 1$ corrects a bias, which is another purpose.
#
# Any root will do, since $AQ$ with $Q$ orthogonal gives the same covariance: the density does
# not determine the codes. Cholesky's is the triangular root.
#
# With these parameters the codes have covariance $I$, and half of their squared norm
# averages $d/2$, exactly. Hence the $e$ within the logarithm:
# $\tfrac d2 \ln(2\pi) + \tfrac d2 + \tfrac12 \ln\det\hat\Sigma$.

# %% [markdown] tags=["lang-es"]
# ## 4. Dos divergencias (20 minutos)
#
# El modelo es $q = \mathcal N(m, s^2)$ en la recta, el flujo $x = m + s z$. Complete dos pérdidas,
# que devuelven un número; `m` y `s` son números de Python, $s > 0$:
#
# - `forward_loss(x, m, s)`: `x` son muestras de $p$, de forma `(n,)`; el promedio de $-\log q(x)$;
# - `reverse_loss(z, m, s, log_p)`: `z` son muestras de la base $\mathcal N(0, 1)$, de forma `(n,)`; el
#   promedio de $\log q(x) - \log p(x)$ sobre las muestras $x = m + s z$ de $q$. `log_p` lleva
#   `(n,)` a `(n,)`.
#
# Ahora, sin computadora: $p = \pi\,\mathcal N(\mu, \sigma^2) + (1 - \pi)\,\mathcal N(-\mu, \sigma^2)$, dos picos
# de pesos $\pi$ y $1 - \pi$. Escriba en dos funciones lo que usted encuentre:
#
# - `cover(mu, sigma, weight)`: el par $(m, s)$ que minimiza $\mathrm{KL}(p \,\Vert\, q)$, un tensor de forma
#   `(2,)` y tipo `float64`; `weight` es $\pi$;
# - `seek(weight)`: cuánto vale $\mathrm{KL}(q \,\Vert\, p)$ si $q = \mathcal N(\mu, \sigma^2)$ y los picos
#   están tan lejos que no se superponen.
#
# *Se revisa:* las dos pérdidas con pocas muestras; los valores exactos para varios
# $\mu$, $\sigma$ y $\pi$.

# %% [markdown] tags=["lang-en"]
# ## 4. Two divergences (20 minutes)
#
# The model is $q = \mathcal N(m, s^2)$ on the line, the flow $x = m + s z$. Complete two losses,
# which return one number; `m` and `s` are Python numbers, $s > 0$:
#
# - `forward_loss(x, m, s)`: `x` are samples of $p$, of shape `(n,)`; the mean of $-\log q(x)$;
# - `reverse_loss(z, m, s, log_p)`: `z` are samples of the base $\mathcal N(0, 1)$, of shape `(n,)`; the
#   mean of $\log q(x) - \log p(x)$ over the samples $x = m + s z$ of $q$. `log_p` takes
#   `(n,)` to `(n,)`.
#
# Now without a computer: $p = \pi\,\mathcal N(\mu, \sigma^2) + (1 - \pi)\,\mathcal N(-\mu, \sigma^2)$, two peaks
# of weights $\pi$ and $1 - \pi$. Write into two functions what you find:
#
# - `cover(mu, sigma, weight)`: the pair $(m, s)$ that minimises $\mathrm{KL}(p \,\Vert\, q)$, a tensor of shape
#   `(2,)` and type `float64`; `weight` is $\pi$;
# - `seek(weight)`: the value of $\mathrm{KL}(q \,\Vert\, p)$ if $q = \mathcal N(\mu, \sigma^2)$ and the peaks
#   are so far apart that they do not overlap.
#
# *What is checked:* both losses with a few samples; the exact values for several
# $\mu$, $\sigma$ and $\pi$.


# %% question="e05.q4"
def forward_loss(x, m, s):
    """The mean of -log q over the samples x of p, q = N(m, s**2)."""
    ### BEGIN SOLUTION
    z = (x - m) / s
    log_q = normal_log_density(z[:, None]) - math.log(s)
    return -log_q.mean()
    ### END SOLUTION


def reverse_loss(z, m, s, log_p):
    """The mean of log q - log p over the samples m + s z of q."""
    ### BEGIN SOLUTION
    x = m + s * z
    log_q = normal_log_density(z[:, None]) - math.log(s)
    return (log_q - log_p(x)).mean()
    ### END SOLUTION


def cover(mu, sigma, weight):
    """The m and s that minimise the forward divergence."""
    ### BEGIN SOLUTION
    m = mu * (2 * weight - 1)
    variance = sigma**2 + mu**2 - m**2
    return torch.tensor([m, math.sqrt(variance)], dtype=torch.float64)
    ### END SOLUTION


def seek(weight):
    """The reverse divergence of a copy of the peak with this weight."""
    ### BEGIN SOLUTION
    return -math.log(weight)
    ### END SOLUTION


# %% points=3
check("e05.q4", forward_loss, reverse_loss, cover, seek)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** Las dos pérdidas contienen $\log q(x) = \log p_Z(z) - \log s$. La directa usa datos y necesita
# $z = (x - m)/s$, la inversa de $f$; la otra usa muestras propias y no invierte nada.
#
# La directa es máxima verosimilitud: $q$ toma la media y la varianza de $p$, que son
# $\mu(2\pi - 1)$ y $\sigma^2 + \mu^2 - m^2$. Con $\mu = 2.5$, $\sigma = 0.5$ y pesos iguales, $m = 0$ y
# $s = \sqrt{6.5} = 2.5495$: lo más probable, según $q$, es un lugar donde $p$ es casi nula.
#
# Para la inversa, donde $q$ pone su masa $p = \pi q$: el cociente $q/p$ vale $1/\pi$ y su
# logaritmo promedia $-\ln\pi$. Copiar el pico que pesa $0.9$ cuesta $0.105$ nats; el que pesa
# $0.01$, apenas $4.6$. La inversa no ve lo que $q$ no visita.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** Both losses contain $\log q(x) = \log p_Z(z) - \log s$. The forward one uses data and needs
# $z = (x - m)/s$, the inverse of $f$; the other uses samples of its own and inverts nothing.
#
# The forward one is maximum likelihood: $q$ takes the mean and the variance of $p$, which are
# $\mu(2\pi - 1)$ and $\sigma^2 + \mu^2 - m^2$. With $\mu = 2.5$, $\sigma = 0.5$ and equal weights, $m = 0$ and
# $s = \sqrt{6.5} = 2.5495$: the most probable place, for $q$, is one where $p$ is next to nothing.
#
# For the reverse one, where $q$ puts its mass $p = \pi q$: the ratio $q/p$ is $1/\pi$ and its
# logarithm averages $-\ln\pi$. To copy the peak of weight $0.9$ costs $0.105$ nats; that of weight
# $0.01$, a mere $4.6$. The reverse one does not see what $q$ does not visit.

# %% [markdown] tags=["lang-es"]
# ## 5. ¿Es normal el código? (30 minutos)
#
# La última pregunta es abierta. Elija un flujo y ajústelo a `data`, 10 000 puntos
# de las dos lunas con ruido 0.2; después codifique otros puntos, `points`, de forma `(m, 2)`.
# Complete `latent(data, points)`, que devuelve una tabla de forma `(m, 3)`: las dos
# coordenadas del código de cada punto y, en la tercera columna, la log-densidad
# de su modelo en ese punto.
#
# Puede usar `train(layers, data)`, definida abajo, que entrena una lista de capas y
# devuelve el flujo, y `coupling(keep, k)`, una capa de acoplamiento nueva, que deja
# quieta la coordenada `keep` (0 o 1) y cambia la otra; `k` es la semilla. Con
# el flujo, `flow.to_latent(x)` da los códigos y `flow(x)`, la log-densidad. O escriba
# su propia versión: otras capas, otro entrenamiento. Trabaje en `float64`: la revisión compara códigos
# de puntos cercanos.
#
# Prediga: ¿qué se obtendría si se codificara con $f$ en lugar de $f^{-1}$?
#
# *Se revisa*, con 2000 puntos nuevos: que la norma al cuadrado de los códigos, entre
# $d$, promedie entre 0.9 y 1.1; que cada coordenada esté a distancia
# de Kolmogórov–Smirnov menor que 0.05 de la normal; que la log-densidad sea la que
# corresponde a esos códigos; que la divergencia respecto de la verdadera sea menor
# que 0.10 nats. La mejor gaussiana queda a 0.32.

# %% [markdown] tags=["lang-en"]
# ## 5. Is the code normal? (30 minutes)
#
# The last question is open. Choose a flow and fit it to `data`, 10,000 points of
# the two moons with noise 0.2; then encode other points, `points`, of shape `(m, 2)`.
# Complete `latent(data, points)`, which returns a table of shape `(m, 3)`: the two
# coordinates of the code of each point and, in the third column, the log-density
# of your model at that point.
#
# You may use `train(layers, data)`, defined below, which trains a list of layers and
# returns the flow, and `coupling(keep, k)`, a new coupling layer, which leaves
# the coordinate `keep` (0 or 1) as it is and changes the other; `k` is the seed. With
# the flow, `flow.to_latent(x)` gives the codes and `flow(x)` the log-density. Or write
# your own: other layers, another training. Work in `float64`: the check compares codes of
# nearby points.
#
# Predict: what would come out if one encoded with $f$ instead of $f^{-1}$?
#
# *What is checked*, with 2000 new points: that the squared norm of the codes, over
# $d$, averages between 0.9 and 1.1; that each coordinate is at a
# Kolmogorov–Smirnov distance below 0.05 from the normal distribution; that the log-density is
# the one that belongs to those codes; that the divergence from the true one is below
# 0.10 nats. The best Gaussian stays at 0.32.


# %%
def coupling(keep, k):
    """A coupling layer of the plane that leaves coordinate keep as it is."""
    mask = torch.arange(2) == keep
    generator = torch.Generator().manual_seed(k)
    return AffineCoupling(mask, MLP(1, 2, (32, 32), generator=generator))


def train(layers, data, steps=700):
    """The flow of these layers, after maximum likelihood on the data."""
    scale = Affine(data.mean(0), data.std(0))
    flow = Flow(StandardNormal(2), *layers, scale).double()
    fit(
        flow,
        data,
        steps=steps,
        lr=0.01,
        clip=5.0,
        generator=torch.Generator().manual_seed(0),
        scheduler=lambda optimiser: torch.optim.lr_scheduler.OneCycleLR(
            optimiser, 0.01, total_steps=steps
        ),
        progress=False,
    )
    return flow.requires_grad_(False)


# %% question="e05.q5"
def latent(data, points):
    """Codes and log-density of the points in a flow fitted to the data."""
    ### BEGIN SOLUTION
    layers = [coupling(k % 2, k) for k in range(6)]
    flow = train(layers, data)
    codes, log_density = flow.to_latent(points), flow(points)
    return torch.cat([codes, log_density[:, None]], dim=1)
    ### END SOLUTION


# %% points=3
check("e05.q5", latent)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** Una capa de acoplamiento cambia una sola coordenada; alternando, seis bastan para
# plegar las dos lunas en una nube casi normal. Maximizar la verosimilitud *es* hacer
# normales los códigos: la divergencia entre la distribución de los códigos y $\mathcal N(0, I)$ es la misma que
# entre los datos y el modelo.
#
# Que cada coordenada parezca normal no alcanza: llevar cada coordenada por separado a la
# normal, con su función de distribución, pasa las tres primeras revisiones y deja intacta la
# dependencia entre ellas. Solo la divergencia la ve.
#
# Codificar con $f$ no deshace nada: aplica a los datos la función que debía producirlos. En nuestra
# corrida las dos coordenadas quedan a más de 0.25 de la normal, aunque la norma es casi la correcta.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** A coupling layer changes one coordinate only; taking turns, six are enough to fold the
# two moons into a cloud that is nearly normal. To maximise the likelihood *is* to make the
# codes normal: the divergence between the distribution of the codes and $\mathcal N(0, I)$ is the same as
# between the data and the model.
#
# That each coordinate looks normal is not enough: to take each coordinate separately to the
# normal distribution, by its distribution function, passes the first three checks and leaves the
# dependence between them as it was. Only the divergence sees it.
#
# To encode with $f$ undoes nothing: it applies to the data the map that should produce them. In our
# run both coordinates stay at more than 0.25 from the normal distribution, although the norm is nearly right.

# %% [markdown] tags=["lang-es"]
# ## 6. Dos alarmas (10 minutos)
#
# Los datos vienen de
# $p = \tfrac12\,\mathcal N(-2.5,\; 0.5^2) + \tfrac12\,\mathcal N(2.5,\; 0.5^2)$. Dos modelos son
# gaussianas de la recta: $q_{\mathrm D}$, la de menor divergencia **directa**,
# $\mathcal N(0,\; 6.5)$; y $q_{\mathrm I}$, la de menor divergencia **inversa**,
# $\mathcal N(2.5,\; 0.5^2)$. Con cada modelo se hace una alarma, que suena en $x$ si $q(x)$ está
# por debajo de un umbral. El umbral se elige con muestras del *propio modelo*, de modo que la
# alarma suene con el 1 % de ellas.
#
# Ahora llegan datos buenos, muestras de $p$. ¿Con qué parte de ellos suena cada alarma? Responda en `option`:
#
# - A: la de $q_{\mathrm D}$, con el 1 %; la de $q_{\mathrm I}$, con el 1 %;
# - B: la de $q_{\mathrm D}$, con la mitad; la de $q_{\mathrm I}$, con casi ninguno;
# - C: la de $q_{\mathrm D}$, con casi ninguno; la de $q_{\mathrm I}$, con la mitad;
# - D: las dos, con casi ninguno.
#
# Y en `reason`, por qué los dos modelos difieren:
#
# - A: la inversa usa $p$ salvo una constante, y su modelo queda sin normalizar;
# - B: cada divergencia promedia sobre otra densidad: una castiga a $q$ casi nula donde hay datos,
#   la otra, a $q$ donde $p$ es casi nula;
# - C: la directa pasa por $f^{-1}$, que agranda los errores lejos del centro;
# - D: el mínimo de las dos es el mismo, y el descenso de la inversa quedó en un mínimo local.
#
# Prediga: ¿cuál de las dos alarmas suena en $x = 0$, donde $p$ es casi nula?
#
# *Se revisa:* las dos letras.

# %% [markdown] tags=["lang-en"]
# ## 6. Two alarms (10 minutes)
#
# The data come from $p = \tfrac12\,\mathcal N(-2.5,\; 0.5^2) + \tfrac12\,\mathcal N(2.5,\; 0.5^2)$.
# Two models are Gaussians of the line: $q_{\mathrm D}$, that of least **forward** divergence,
# $\mathcal N(0,\; 6.5)$; and $q_{\mathrm I}$, that of least **reverse** divergence,
# $\mathcal N(2.5,\; 0.5^2)$. Each model gives an alarm, which rings at $x$ if $q(x)$ is below a
# threshold. The threshold is chosen with samples of the *model itself*, so that the alarm rings for
# 1 % of them.
#
# Now good data arrive, samples of $p$. For which part of them does each alarm ring? Answer in `option`:
#
# - A: that of $q_{\mathrm D}$, for 1 %; that of $q_{\mathrm I}$, for 1 %;
# - B: that of $q_{\mathrm D}$, for a half; that of $q_{\mathrm I}$, for next to none;
# - C: that of $q_{\mathrm D}$, for next to none; that of $q_{\mathrm I}$, for a half;
# - D: both, for next to none.
#
# And in `reason`, why the two models differ:
#
# - A: the reverse one uses $p$ up to a constant, and its model is left without being normalised;
# - B: each divergence averages over another density: one punishes $q$ next to nothing where there
#   are data, the other, $q$ where $p$ is next to nothing;
# - C: the forward one goes through $f^{-1}$, which enlarges errors far from the centre;
# - D: both have the same minimum, and the descent of the reverse one ended in a local minimum.
#
# Predict: which of the two alarms rings at $x = 0$, where $p$ is next to nothing?
#
# *What is checked:* both letters.

# %% question="e05.q6"
### BEGIN SOLUTION
option = "C"
reason = "B"
### END SOLUTION

# %% points=2
check("e05.q6", option, reason)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** Una gaussiana deja fuera de $m \pm 2.576\,s$ el 1 % de sus muestras. La alarma de
# $q_{\mathrm D}$ suena si $|x| > 2.576\sqrt{6.5} = 6.57$, a ocho desviaciones de los picos: con los
# datos buenos, nunca. La de $q_{\mathrm I}$ suena si $|x - 2.5| > 1.29$: con todo el pico izquierdo
# y con el 1 % del derecho, un 50.5 %. Que suene con el 1 % de las muestras del modelo no dice nada
# de los datos.
#
# En cambio en $x = 0$, donde $p$ vale $3 \cdot 10^{-6}$, la de $q_{\mathrm D}$ calla: es el lugar
# que tiene por más probable. Una cubre de más y la otra olvida, porque la directa es un promedio
# sobre $p$ y la inversa, sobre $q$. Los dos modelos están normalizados, los dos son mínimos
# globales y la inversa de $f$, $(x - m)/s$, es exacta: lo que no alcanza es la familia. Si ella
# contuviera a $p$, las dos divergencias elegirían $p$.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** A Gaussian leaves 1 % of its samples outside $m \pm 2.576\,s$. The alarm of
# $q_{\mathrm D}$ rings if $|x| > 2.576\sqrt{6.5} = 6.57$, eight deviations away from the peaks: for
# good data, never. That of $q_{\mathrm I}$ rings if $|x - 2.5| > 1.29$: for all of the left peak
# and for 1 % of the right one, 50.5 %. That it rings for 1 % of the samples of the model says
# nothing about the data.
#
# At $x = 0$, on the other hand, where $p$ is $3 \cdot 10^{-6}$, that of $q_{\mathrm D}$ is silent:
# to it this is the most probable place. One covers too much and the other forgets, as the forward
# divergence is an average over $p$ and the reverse one over $q$. Both models are normalised, both
# are global minima and the inverse of $f$, $(x - m)/s$, is exact: what falls short is the family.
# If it contained $p$, both divergences would choose $p$.

# %% [markdown] tags=["lang-es"]
# ## 7. Una cadena con números propios (15 minutos)
#
# Ponga su número de estudiante: de él salen $a$, $b$, $c$, $e$ y un dato $x$ que no tiene nadie más. El flujo de la
# recta, con base $\mathcal N(0, 1)$, tiene tres capas, en este orden:
#
# $$
# f_1(z) = a z + b , \qquad f_2(z) = \sinh z , \qquad f_3(z) = c z + e .
# $$
#
# Con una calculadora: ¿cuál es el código de $x$ (`code`), y cuánto vale $\log p_X(x)$
# (`log_density`)? Se piden cuatro cifras. La inversa de $\sinh$ es `math.asinh`, y su derivada,
# $\cosh$.
#
# Prediga: de las tres capas, ¿cuáles aportan un número que depende de $x$?
#
# *Se revisa:* los dos números, con un error relativo menor que una milésima.

# %% [markdown] tags=["lang-en"]
# ## 7. A chain with numbers of your own (15 minutes)
#
# Put in your student number: $a$, $b$, $c$, $e$ and a datum $x$ come from it that nobody else has. The flow of the
# line, with base $\mathcal N(0, 1)$, has three layers, in this order:
#
# $$
# f_1(z) = a z + b , \qquad f_2(z) = \sinh z , \qquad f_3(z) = c z + e .
# $$
#
# With a calculator: what is the code of $x$ (`code`), and what is $\log p_X(x)$ (`log_density`)?
# Four digits are asked for. The inverse of $\sinh$ is `math.asinh`, and its derivative, $\cosh$.
#
# Predict: of the three layers, which contribute a number that depends on $x$?
#
# *What is checked:* both numbers, to a relative error below one in a thousand.

# %%
student = "1234567"
a, b, c, e, x = variant("e05.q7", student).tolist()
print(f"{a = }, {b = }, {c = }, {e = }, {x = }")

# %% question="e05.q7"
### BEGIN SOLUTION
code = (math.asinh((x - e) / c) - b) / a
log_density = (
    -(code**2) / 2
    - math.log(2 * math.pi) / 2
    - math.log(a * c * math.cosh(a * code + b))
)
### END SOLUTION

# %% points=2
check("e05.q7", student, code, log_density)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** Se deshace primero la última: $z_2 = (x - e)/c$, $z_1 = \operatorname{arsinh} z_2$,
# $z_0 = (z_1 - b)/a$. Los determinantes son las derivadas, $a$, $\cosh z_1$ y $c$, cada una en el
# punto que *entra* en su capa: $\log p_X(x) = \log p_Z(z_0) - \log a - \log\cosh z_1 - \log c$.
# Solo la capa del medio depende del punto; las afines aportan lo mismo a todos los datos.
#
# Evaluar $\cosh$ en el código $z_0$, o en $z_2$, da un número igual de verosímil y ningún mensaje.
# Con la inversa, el término es $-\tfrac12\log(1 + z_2^2)$, que es lo mismo:
# $\cosh(\operatorname{arsinh} z_2) = \sqrt{1 + z_2^2}$.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** The last one is undone first: $z_2 = (x - e)/c$, $z_1 = \operatorname{arsinh} z_2$,
# $z_0 = (z_1 - b)/a$. The determinants are the derivatives, $a$, $\cosh z_1$ and $c$, each at the
# point that *enters* its layer: $\log p_X(x) = \log p_Z(z_0) - \log a - \log\cosh z_1 - \log c$.
# Only the layer in the middle depends on the point; the affine ones contribute the same to all
# data.
#
# To evaluate $\cosh$ at the code $z_0$, or at $z_2$, gives a number that looks as good, and no
# message. With the inverse, the term is $-\tfrac12\log(1 + z_2^2)$, which is the same:
# $\cosh(\operatorname{arsinh} z_2) = \sqrt{1 + z_2^2}$.
