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
# # Soluciones 9. Imágenes
#
# Las respuestas del cuaderno de ejercicios, cada una con su porqué.
# Conviene abrirlas después del segundo intento, no antes del primero.

# %% [markdown] tags=["lang-en", "solution"]
# # Solutions 9. Images
#
# The answers to the exercise notebook, each with its reason.
# They are best opened after the second attempt, not before the first.

# %% [markdown] tags=["lang-es", "exercise"]
# # Ejercicios 9. Imágenes
#
# Siete preguntas: cinco de funciones, una elección con su porqué y un error que hay
# que encontrar; unos 130 minutos en total. Usted aprenderá a contar bits sin engañarse, a entrenar un flujo que no
# ponga agujas en los enteros, a clasificar con densidades y a detectar imágenes
# ajenas que la verosimilitud toma por normales.
#
# **Cómo se trabaja.** Cada pregunta tiene una celda con una o más funciones.
# Reemplace `raise NotImplementedError` por su código, ejecute la celda y luego
# la siguiente, que llama a `check`. La respuesta es un veredicto y, si algo
# no se cumple, una pista. Puede probar tantas veces como quiera.
#
# Antes de probar, `hint("e09.q1")` da una pista y hay tres por pregunta;
# `progress()` muestra lo que lleva hecho.

# %% [markdown] tags=["lang-es"]
# **Convenciones.** Una imagen es una fila de $d$ píxeles con $Q$ niveles de gris, de 0 a
# $Q - 1$; un lote tiene forma `(n, d)`. Salvo indicación en contra, los números llegan
# en `float64` y así se devuelven. Los textos dentro del código están en inglés.

# %% [markdown] tags=["lang-en", "exercise"]
# # Exercises 9. Images
#
# Seven questions: five of functions, a choice with its reason and a mistake to be found;
# about 130 minutes in all. You will learn to count bits without deceiving yourself, to train a flow
# that does not put needles on the integers, to classify with densities, and to
# detect odd images that the likelihood takes for normal ones.
#
# **How to work.** Each question has a cell with one or more functions. Replace
# `raise NotImplementedError` by your code, run the cell and then the next one,
# which calls `check`. The answer is a verdict and, if something does not
# hold, a hint. You may try as often as you like.
#
# Before trying, `hint("e09.q1")` gives a hint, and there are three for each question;
# `progress()` shows what you have done.

# %% [markdown] tags=["lang-en"]
# **Conventions.** An image is a row of $d$ pixels with $Q$ grey levels, from 0 to
# $Q - 1$; a batch has shape `(n, d)`. Unless otherwise stated the numbers come in
# `float64` and are returned so. The texts inside the code are in English.

# %%
import math
from functools import partial

import torch
from torch.optim.lr_scheduler import OneCycleLR

from nflib import MLP, Flow, SplineCoupling, StandardNormal, fit
from nflib.bijections import LogitPreprocessing, dequantise
from nflib.course.check import check, hint, language, progress, solution

language("{{lang}}")

# %% [markdown] tags=["lang-es"]
# ## 1. De los niveles a los bits (25 minutos)
#
# A los niveles $v$ se les suma un ruido $u \in (0, 1)$; después se lleva todo al cubo y del
# cubo al espacio entero:
#
# $$
# y = \frac{v + u}{Q}, \qquad y' = \alpha + (1 - 2\alpha)\, y, \qquad \ell = \log\frac{y'}{1 - y'} .
# $$
#
# Complete tres funciones; `levels` es $Q$ y `alpha` es $\alpha$, números de Python:
#
# - `to_logit(v, u, levels, alpha)`, que devuelve $\ell$, de forma `(n, d)`;
# - `to_levels(ell, levels, alpha)`, la vuelta a los niveles $0, \ldots, Q - 1$, para cualquier $\ell$
#   (números enteros, en un tensor `float64`);
# - `bits_per_dim(log_q, ell, levels, alpha)`, de forma `(n,)`. Aquí `log_q` es la log-densidad, en nats,
#   que un modelo de $\ell$ da a cada fila de `ell`. Se piden los bits por píxel,
#   $-\frac1d \log_2 \big( p_Y(y) / Q^d \big)$, donde $p_Y$ es la densidad que ese modelo da a $y$.
#
# Prediga: ¿cuántos bits por píxel da el modelo en que $Y$ es uniforme en el cubo, si $Q = 17$?
#
# *Se revisa*, con $Q = 17$ y $Q = 256$: la ida; la vuelta, también de valores que se salen del
# cubo; los bits del modelo uniforme y de otro, con error menor que $10^{-9}$.

# %% [markdown] tags=["lang-en"]
# ## 1. From grey levels to bits (25 minutes)
#
# Noise $u \in (0, 1)$ is added to the levels $v$; then everything is taken to the cube, and
# from the cube to the whole space:
#
# $$
# y = \frac{v + u}{Q}, \qquad y' = \alpha + (1 - 2\alpha)\, y, \qquad \ell = \log\frac{y'}{1 - y'} .
# $$
#
# Complete three functions; `levels` is $Q$ and `alpha` is $\alpha$, Python numbers:
#
# - `to_logit(v, u, levels, alpha)`, which returns $\ell$, of shape `(n, d)`;
# - `to_levels(ell, levels, alpha)`, the way back to the levels $0, \ldots, Q - 1$, for any $\ell$
#   (whole numbers, in a `float64` tensor);
# - `bits_per_dim(log_q, ell, levels, alpha)`, of shape `(n,)`. Here `log_q` is the log-density, in
#   nats, that a model of $\ell$ gives to each row of `ell`. The bits per pixel are asked for,
#   $-\frac1d \log_2 \big( p_Y(y) / Q^d \big)$, where $p_Y$ is the density that this model gives to $y$.
#
# Predict: how many bits a pixel does the model give in which $Y$ is uniform on the cube, if $Q = 17$?
#
# *What is checked*, with $Q = 17$ and $Q = 256$: the way there; the way back, also from values
# outside the cube; the bits of the uniform model and of another, with an error below $10^{-9}$.

# %% question="e09.q1"
def to_logit(v, u, levels, alpha):
    """The points ell of the whole space, from levels v and noise u."""
    ### BEGIN SOLUTION
    inner = alpha + (1 - 2 * alpha) * (v + u) / levels
    return torch.log(inner) - torch.log(1 - inner)
    ### END SOLUTION


def to_levels(ell, levels, alpha):
    """The grey levels 0, ..., levels - 1 from which the points ell come."""
    ### BEGIN SOLUTION
    y = (torch.sigmoid(ell) - alpha) / (1 - 2 * alpha)
    return torch.floor(levels * y).clamp(0, levels - 1)
    ### END SOLUTION


def bits_per_dim(log_q, ell, levels, alpha):
    """Bits a pixel, from the log-density in nats of a model of ell."""
    ### BEGIN SOLUTION
    inner = torch.sigmoid(ell)
    slope = (1 - 2 * alpha) / (inner * (1 - inner))  # d ell / dy
    log_p = log_q + torch.log(slope).sum(1)
    return math.log2(levels) - log_p / (ell.shape[1] * math.log(2))
    ### END SOLUTION


# %% points=3
check("e09.q1", to_logit, to_levels, bits_per_dim)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** La densidad de $y$ es la de $\ell$ por la derivada del cambio de variables,
# $\frac{d\ell}{dy} = \frac{1 - 2\alpha}{y'(1 - y')}$, una por píxel:
#
# $$
# \log p_Y(y) = \log q(\ell) + \sum_{i=1}^d \big[ \log(1 - 2\alpha) - \log y'_i - \log(1 - y'_i) \big] .
# $$
#
# Con $Y$ uniforme $\log p_Y = 0$ y quedan $\log_2 Q = 4.0875$ bits por píxel, cualquiera sea $\alpha$: es la
# mejor comprobación de un programa que cuenta bits. Sin el término $\log_2 Q$ daría 0; en nats, 2.833.
#
# La vuelta es $\lfloor Q y \rfloor$, el piso y no el redondeo, porque el ruido ocupa todo el intervalo
# $[v, v + 1)$. Con $\alpha > 0$ un flujo puede dar $y$ un poco fuera del cubo: se recorta.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** The density of $y$ is that of $\ell$ times the derivative of the change of variables,
# $\frac{d\ell}{dy} = \frac{1 - 2\alpha}{y'(1 - y')}$, one for each pixel:
#
# $$
# \log p_Y(y) = \log q(\ell) + \sum_{i=1}^d \big[ \log(1 - 2\alpha) - \log y'_i - \log(1 - y'_i) \big] .
# $$
#
# With a uniform $Y$ we have $\log p_Y = 0$, and $\log_2 Q = 4.0875$ bits a pixel are
# left, whatever $\alpha$ is: the best test of a program that counts bits. Without the
# term $\log_2 Q$ it would give 0; in nats, 2.833.
#
# The way back is $\lfloor Q y \rfloor$, the floor and not rounding, since the noise fills the whole interval
# $[v, v + 1)$. With $\alpha > 0$ a flow may give $y$ a little outside the cube: it is cut.

# %% [markdown] tags=["lang-es"]
# ## 2. Una referencia: píxeles independientes (15 minutos)
#
# Antes de admirar un flujo conviene saber cuánto gasta un modelo trivial: un histograma
# por píxel, y los píxeles independientes. La probabilidad de un nivel en un píxel es su
# cuenta en el conjunto de entrenamiento más $\frac12$, dividida entre la suma de todas
# las cuentas así corregidas de ese píxel. Complete dos funciones que devuelven un solo
# número:
#
# - `histogram_bits(train, test, levels)`, los bits por píxel de las imágenes `test` con el modelo
#   contado en `train`: tensores de enteros (`int64`), de formas `(n, d)` y `(m, d)`;
# - `unseen_bits(n, levels)`, los bits que cuesta un píxel cuyo nivel no apareció nunca, en ese
#   píxel, en las $n$ imágenes de entrenamiento.
#
# Prediga: ¿cuánto gastaría este modelo sin sumar $\frac12$?
#
# *Se revisa*, con error menor que $10^{-6}$: los dígitos de $8 \times 8$, con la partición del
# capítulo; otras imágenes, con otros $Q$ y $d$; el costo de un nivel nuevo.

# %% [markdown] tags=["lang-en"]
# ## 2. A baseline: independent pixels (15 minutes)
#
# Before admiring a flow one should know what a trivial model spends: a histogram for each pixel,
# with independent pixels. The probability of a level at a pixel is its count in the training set
# plus $\frac12$, divided by the sum of all counts of that pixel corrected in this way.
# Complete two functions that return a single number:
#
# - `histogram_bits(train, test, levels)`, the bits a pixel of the images `test` under the model
#   counted on `train`: tensors of integers (`int64`), of shapes `(n, d)` and `(m, d)`;
# - `unseen_bits(n, levels)`, the bits that a pixel costs whose level has never appeared, at that
#   pixel, in the $n$ training images.
#
# Predict: what would this model spend without adding $\frac12$?
#
# *What is checked*, with an error below $10^{-6}$: the $8 \times 8$ digits, with the split of the
# chapter; other images, with other $Q$ and $d$; the cost of a new level.

# %% question="e09.q2"
def histogram_bits(train, test, levels):
    """Bits a pixel of test, under one smoothed histogram a pixel."""
    ### BEGIN SOLUTION
    seen = torch.stack([(train == k).sum(0) for k in range(levels)])
    counts = seen.double() + 0.5
    bits = -torch.log2(counts / counts.sum(0))
    return bits.gather(0, test).mean()
    ### END SOLUTION


def unseen_bits(n, levels):
    """The bits of a level that n training images never showed."""
    ### BEGIN SOLUTION
    return math.log2(2 * n + levels)
    ### END SOLUTION


# %% points=2
check("e09.q2", histogram_bits, unseen_bits)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** Los bits de un nivel son $-\log_2$ de su probabilidad, y la media sobre píxeles
# e imágenes es el puntaje. En los dígitos da 2.421: un flujo que no baje de ahí no ha mostrado
# que aprendió algo de la relación entre píxeles.
#
# Sin sumar nada, el puntaje es infinito apenas una imagen de prueba muestra un nivel
# nuevo. Con $\frac12$, un nivel nuevo tiene probabilidad
# $\frac{1/2}{n + Q/2} = \frac{1}{2n + Q}$ y cuesta $\log_2(2n + Q)$ bits: con $n = 1257$
# y $Q = 17$, 11.31 bits, casi el triple de los 4.09 que cuesta sin datos. Un modelo
# continuo hace lo mismo sin que se vea: también paga caro lo que no vio.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** The bits of a level are $-\log_2$ of its probability, and the mean over pixels
# and images is the score. On the digits it is 2.421: a flow that does not get below it has not
# shown that it learned anything about how pixels are related.
#
# Without adding anything the score is infinite as soon as a test image shows a new level.
# With $\frac12$ a new level has probability $\frac{1/2}{n + Q/2} = \frac{1}{2n + Q}$ and
# costs $\log_2(2n + Q)$ bits: for $n = 1257$ and $Q = 17$, 11.31 bits, nearly three times
# the 4.09 that it costs without data. A continuous model does the same unseen: it too
# pays dearly for what it has not met.

# %% [markdown] tags=["lang-es"]
# ## 3. Un flujo que no miente (25 minutos)
#
# Los datos `v` son dos píxeles de los 1797 dígitos, los de índices 28 y 36: un tensor de enteros (`int64`)
# de forma `(1797, 2)`, con $Q = 17$. Complete `learn(v, y)`: ajusta un flujo de base
# $\mathcal N(0, I)$ y devuelve una tabla de forma `(m, 3)`: los códigos $z$ de los puntos `y` del
# cuadrado $(0, 1)^2$, de forma `(m, 2)` y tipo `float64`, y en la tercera columna su
# log-densidad. La densidad es la de $y = (v + u)/Q$.
#
# `fit(flow, v, prepare=...)` acepta enteros si `prepare(v, generator)` los convierte en puntos;
# `dequantise(v.double(), 17, generator)` suma el ruido y lleva al cuadrado; `LogitPreprocessing()`, como
# última biyección de un flujo, va del espacio al cuadrado. `flow.double()` pasa un flujo a `float64`.
# O escriba el suyo: sirve cualquier flujo, y no otro estimador de la densidad.
#
# La entropía de los datos es de 3.314 bits por píxel. Prediga: ¿puede un modelo gastar menos, y qué se
# habría hecho mal?
#
# *Se revisa:* que la densidad sea la de la base en los códigos por el volumen, medido por diferencias;
# que integre 1 en el cuadrado, o poco menos; que en los centros de las celdas, $(v + \frac12)/Q$,
# el modelo no gaste mucho menos que la entropía; que con ruido nuevo gaste menos de 3.45 bits por
# píxel, y que los códigos parezcan entonces normales. Entrenar lleva unos segundos.

# %% [markdown] tags=["lang-en"]
# ## 3. A flow that does not lie (25 minutes)
#
# The data `v` are two pixels of the 1797 digits, those of index 28 and 36: a tensor of integers (`int64`)
# of shape `(1797, 2)`, with $Q = 17$. Complete `learn(v, y)`: it fits a flow with base
# $\mathcal N(0, I)$ and returns a table of shape `(m, 3)`: the codes $z$ of the points `y` of the
# square $(0, 1)^2$, of shape `(m, 2)` and type `float64`, and in the third column their
# log-density. The density is that of $y = (v + u)/Q$.
#
# `fit(flow, v, prepare=...)` takes integers if `prepare(v, generator)` turns them into points;
# `dequantise(v.double(), 17, generator)` adds the noise and takes to the square; `LogitPreprocessing()`, as
# the last bijection of a flow, goes from the space to the square. `flow.double()` takes a flow to `float64`.
# Or write your own: any flow will do, and no other estimate of the density.
#
# The entropy of the data is 3.314 bits a pixel. Predict: can a model spend less, and what would have been
# done wrong?
#
# *What is checked:* that the density is that of the base at the codes times the volume, measured by
# differences; that it integrates to 1 over the square, or a little less; that at the centres of the cells,
# $(v + \frac12)/Q$, the model does not spend much less than the entropy; that with fresh noise it spends
# less than 3.45 bits a pixel, and that the codes then look normal. To train takes some seconds.

# %% question="e09.q3"
def learn(v, y):
    """Codes and log-density of y in a flow fitted to the integers v."""
    ### BEGIN SOLUTION
    g = torch.Generator().manual_seed(0)
    mask = torch.tensor([True, False])
    first = SplineCoupling(mask, MLP(1, 47, generator=g), bins=16)
    second = SplineCoupling(~mask, MLP(1, 47, generator=g), bins=16)
    flow = Flow(StandardNormal(2), first, second, LogitPreprocessing())
    flow = flow.double()
    noise = lambda rows, generator: dequantise(rows.double(), 17, generator)
    cycle = partial(OneCycleLR, max_lr=0.01, total_steps=400)
    fit(flow, v, prepare=noise, steps=400, scheduler=cycle, generator=g, progress=False)
    codes, log_q = flow.to_latent(y), flow.log_prob(y)
    return torch.cat([codes, log_q[:, None]], dim=1)
    ### END SOLUTION


# %% points=3
check("e09.q3", learn)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** El ruido se sortea de nuevo en cada paso: así el flujo ve cada celda entera
# y no un punto de ella. La solución gasta unos 3.39 bits por píxel con ruido nuevo. Dos
# píxeles independientes, cada uno con su distribución exacta, gastan 3.469; la entropía es 3.314 y
# no se puede bajar de ahí, porque $\mathbb E[-\log p_Y(Y)] + d \log Q \ge H(V)$.
#
# Entrenado en los centros de las celdas, el mismo flujo llega allí a 1.28 bits, menos que
# la entropía: nadie puede escribirlos con tan poco, son agujas. Con ruido nuevo gasta 5.45, más que la
# distribución uniforme. Un puntaje menor que la entropía no es un éxito, sino un error de quien
# mide.
#
# Un histograma de las celdas, suavizado, gasta menos de 3.45, pero no es un flujo mientras no tenga
# códigos. Puede tenerlos: su función de Knothe–Rosenblatt (capítulo 7) es un flujo, y también pasa.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** The noise is drawn anew at every step: so the flow sees each whole cell and not one point of
# it. The solution spends about 3.39 bits a pixel with fresh noise. Two independent pixels, each with its
# exact distribution, spend 3.469; the entropy is 3.314 and one cannot get below it, since
# $\mathbb E[-\log p_Y(Y)] + d \log Q \ge H(V)$.
#
# Trained at the centres of the cells, the same flow gets to 1.28 bits there, less than
# the entropy: nobody can write them with so little, those are needles. With fresh noise it spends
# 5.45, more than the uniform distribution. A score below the entropy is not a success but a
# mistake of the one who measures.
#
# A smoothed histogram of the cells spends less than 3.45, but is no flow as long as it has no
# codes. It can have them: its Knothe–Rosenblatt function (chapter 7) is a flow, and passes too.

# %% [markdown] tags=["lang-es"]
# ## 4. Clasificar con densidades (20 minutos)
#
# Un flujo afín por clase: $x = \mu_k + L_k z$ con $z \sim \mathcal N(0, I)$ y $L_k$
# triangular inferior, de diagonal positiva. `means` tiene las $\mu_k$, de forma `(K, d)`,
# y `factors` las $L_k$, de forma `(K, d, d)`. Complete:
#
# - `class_log_probs(x, means, factors)`, los $\log p(x \mid k)$, de forma `(n, K)`;
# - `log_mixture(log_p, priors)`, de forma `(n,)`, la log-densidad sin etiqueta
#   $\log \sum_k \pi_k\, p(x \mid k)$, a partir de la tabla anterior y de las $\pi_k$, de forma `(K,)`;
# - `posterior(log_p, priors)`, de forma `(n, K)`, las probabilidades $P(k \mid x)$ de la regla de Bayes.
#
# `torch.linalg.solve_triangular(L, b, upper=False)` resuelve $L z = b$, con `b` de forma `(d, n)`.
#
# Prediga: ¿cambia la clase elegida si se olvida $\log|\det L_k|$? ¿Y si ese término fuera
# igual en todas las clases?
#
# *Se revisa:* las densidades, contra las de PyTorch; la mezcla y la regla de Bayes,
# también con log-densidades de $\pm 2000$, como las de imágenes grandes.

# %% [markdown] tags=["lang-en"]
# ## 4. Classifying with densities (20 minutes)
#
# One affine flow a class: $x = \mu_k + L_k z$ with $z \sim \mathcal N(0, I)$ and $L_k$
# lower triangular, with a positive diagonal. `means` has the $\mu_k$, of shape `(K, d)`,
# and `factors` the $L_k$, of shape `(K, d, d)`. Complete:
#
# - `class_log_probs(x, means, factors)`, the $\log p(x \mid k)$, of shape `(n, K)`;
# - `log_mixture(log_p, priors)`, of shape `(n,)`, the log-density without label
#   $\log \sum_k \pi_k\, p(x \mid k)$, from the table above and the $\pi_k$, of shape `(K,)`;
# - `posterior(log_p, priors)`, of shape `(n, K)`, the probabilities $P(k \mid x)$ of Bayes's rule.
#
# `torch.linalg.solve_triangular(L, b, upper=False)` solves $L z = b$, with `b` of shape `(d, n)`.
#
# Predict: does the chosen class change if $\log|\det L_k|$ is forgotten? And if that term
# were equal in all classes?
#
# *What is checked:* the densities, against those of PyTorch; the mixture and Bayes's
# rule, also with log-densities of $\pm 2000$, like those of large images.

# %% question="e09.q4"
def class_log_probs(x, means, factors):
    """log p(x | k) for each point and each class, shape (n, K)."""
    ### BEGIN SOLUTION
    table = []
    for k in range(len(means)):
        L, away = factors[k], (x - means[k]).T
        z = torch.linalg.solve_triangular(L, away, upper=False)
        log_base = (-(z**2) / 2 - math.log(2 * math.pi) / 2).sum(0)
        table.append(log_base - torch.log(torch.diagonal(L)).sum())
    return torch.stack(table, dim=1)
    ### END SOLUTION


def log_mixture(log_p, priors):
    """The log-density without label, one value for each point."""
    ### BEGIN SOLUTION
    return torch.logsumexp(log_p + torch.log(priors), dim=1)
    ### END SOLUTION


def posterior(log_p, priors):
    """P(k | x) by Bayes's rule, shape (n, K)."""
    ### BEGIN SOLUTION
    return torch.softmax(log_p + torch.log(priors), dim=1)
    ### END SOLUTION


# %% points=2
check("e09.q4", class_log_probs, log_mixture, posterior)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** $p(x \mid k)$ es la densidad de un flujo: la normal en
# $z = L_k^{-1}(x - \mu_k)$ menos $\log|\det L_k|$, que es la suma de los logaritmos de la
# diagonal. Una clase de trazos muy variables tiene un determinante grande y sus
# densidades son bajas en todas partes; sin ese término se la favorece. Si fuera igual en
# todas las clases, se cancelaría en la regla de Bayes.
#
# `logsumexp` y `softmax` restan el máximo antes de la exponencial. Sin eso, con
# $\log p = -2000$ todas las densidades son 0 en la computadora y el cociente es $0/0$.
#
# Con los dígitos en el espacio del logit ($\alpha = 0.05$, covarianzas mezcladas al 20 %
# con un múltiplo de la identidad), estas tres funciones clasifican bien el 99.7 % de las
# 360 imágenes de prueba; sin el determinante, el 98.9 %. Ninguna fue entrenada para
# clasificar.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** $p(x \mid k)$ is the density of a flow: the normal at $z = L_k^{-1}(x - \mu_k)$
# minus $\log|\det L_k|$, which is the sum of the logarithms of the diagonal. A class
# whose strokes vary much has a large determinant and densities that are low everywhere;
# without that term it is favoured. If the term were equal in all classes, it would cancel
# in Bayes's rule.
#
# `logsumexp` and `softmax` subtract the maximum before the exponential. Without it, with
# $\log p = -2000$ all densities are 0 in the computer and the quotient is $0/0$.
#
# On the digits in logit space ($\alpha = 0.05$, covariances blended at 20 % with a
# multiple of the identity) these three functions classify 99.7 % of the 360 test images
# correctly; without the determinant, 98.9 %. None was trained to classify.

# %% [markdown] tags=["lang-es"]
# ## 5. La verosimilitud no alcanza (25 minutos)
#
# Complete tres funciones:
#
# - `auroc(normal, odd)`, un número: la fracción de los pares (uno normal, uno raro) en que el raro
#   tiene el puntaje más alto; un empate vale $\frac12$. Los puntajes tienen formas `(n,)` y `(m,)`;
# - `toy_bits(s)`, un número: $\frac1d \mathbb E[-\log_2 p(X)]$ si el modelo es
#   $p = \mathcal N(0, I_d)$ y los puntos vienen de otra distribución,
#   $X \sim \mathcal N(0, s^2 I_d)$;
# - `score(seen, x)`, de forma `(m,)`: un puntaje de rareza para cada fila de `x`, a partir de los
#   datos normales `seen`, de forma `(2000, 64)`. Elija usted cómo.
#
# Los datos normales de la última parte son texturas de $8 \times 8$, ya continuas. Las
# raras son de dos clases: más ásperas y más lisas. El puntaje de una fila no debe
# depender de las otras filas de `x`.
#
# Prediga: ¿crece o baja `toy_bits(s)` cuando $s$ baja de 1 a 0.1? ¿Qué AUROC tendrá
# entonces $-\log p$ con imágenes más lisas que los datos?
#
# *Se revisa:* la AUROC, contando pares; el costo, para varios $s$; y que su puntaje tenga
# AUROC mayor que 0.9 con las imágenes ásperas y también con las lisas. ¿Hasta dónde puede
# llegar con un solo puntaje?

# %% [markdown] tags=["lang-en"]
# ## 5. Likelihood is not enough (25 minutes)
#
# Complete three functions:
#
# - `auroc(normal, odd)`, a number: the fraction of the pairs (one normal, one odd) in which the odd one
#   has the higher score; a tie counts $\frac12$. The scores have shapes `(n,)` and `(m,)`;
# - `toy_bits(s)`, a number: $\frac1d \mathbb E[-\log_2 p(X)]$ if the model is
#   $p = \mathcal N(0, I_d)$ and the points come from another distribution,
#   $X \sim \mathcal N(0, s^2 I_d)$;
# - `score(seen, x)`, of shape `(m,)`: a score of oddness for each row of `x`, from the
#   normal data `seen`, of shape `(2000, 64)`. You choose how.
#
# The normal data of the last part are textures of $8 \times 8$, continuous already. The
# odd ones are of two kinds: rougher and smoother. The score of a row must not depend on
# the other rows of `x`.
#
# Predict: does `toy_bits(s)` grow or fall as $s$ falls from 1 to 0.1? Which AUROC will
# $-\log p$ then have on images smoother than the data?
#
# *What is checked:* the AUROC, by counting pairs; the cost, for several $s$; and that
# your score has an AUROC above 0.9 on the rough images and on the smooth ones as well.
# How far can you get with a single score?

# %% question="e09.q5"
def auroc(normal, odd):
    """How often an odd score is higher than a normal one."""
    ### BEGIN SOLUTION
    sign = torch.sign(odd[:, None] - normal)
    return (sign.mean() + 1) / 2
    ### END SOLUTION


def toy_bits(s):
    """Bits a coordinate of N(0, s**2 I) under the model N(0, I)."""
    ### BEGIN SOLUTION
    return (math.log(2 * math.pi) + s**2) / (2 * math.log(2))
    ### END SOLUTION


def score(seen, x):
    """How odd each row of x is, judged by the normal data seen."""
    ### BEGIN SOLUTION
    covariance = torch.cov(seen.T)

    def distance(points):
        away = points - seen.mean(0)
        return (away * torch.linalg.solve(covariance, away.T).T).sum(1)

    usual = distance(seen).mean()
    return torch.abs(distance(x) - usual)
    ### END SOLUTION


# %% points=4
check("e09.q5", auroc, toy_bits, score)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** El costo es $\frac{1}{2\ln 2}\big[\ln 2\pi + s^2\big]$, porque
# $\mathbb E\|X\|^2 = s^2 d$: 2.05 bits con $s = 1$, 1.51 con $s = 0.5$ y 1.33 con
# $s = 0.1$. *Baja*: los puntos concentrados cerca del centro reciben más densidad que los
# datos, que están en una cáscara de radio $\sqrt d$. No hay error del modelo, que es
# exacto; el error es leer la densidad como normalidad.
#
# Con las texturas ocurre lo mismo: las lisas están más cerca del centro, y $-\log p$
# tiene con ellas una AUROC cercana a 0. Como $-\log p$ es una función creciente de
# $\delta^2 = (x - \mu)^\top \Sigma^{-1} (x - \mu)$, cuya media en los datos es casi
# $d = 64$, alcanza con medir cuánto se aparta $\delta^2$ de su valor habitual, hacia
# cualquiera de los dos lados.
#
# No es el final de la historia. Aquí $\delta^2$ se concentra porque todas las texturas
# son de una misma clase; en fotos reales los puntajes van de muy bajos a muy altos, y el
# capítulo muestra un caso en que esta medida tampoco alcanza. La distancia al vecino más
# cercano, que parece razonable, falla con las lisas: en el centro todo queda cerca.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** The cost is $\frac{1}{2\ln 2}\big[\ln 2\pi + s^2\big]$, since
# $\mathbb E\|X\|^2 = s^2 d$: 2.05 bits with $s = 1$, 1.51 with $s = 0.5$ and 1.33 with
# $s = 0.1$. It *falls*: points concentrated near the centre get more density than the
# data, which lie on a shell of radius $\sqrt d$. The model makes no error, it is exact;
# the error is to read density as normality.
#
# With the textures the same happens: the smooth ones are closer to the centre, and
# $-\log p$ has an AUROC close to 0 on them. As $-\log p$ is an increasing function of
# $\delta^2 = (x - \mu)^\top \Sigma^{-1} (x - \mu)$, whose mean over the data is nearly
# $d = 64$, it is enough to measure how far $\delta^2$ is from its usual value, on either
# side.
#
# That is not the end of the story. Here $\delta^2$ concentrates since all textures are of
# one kind; on real photographs the scores go from very low to very high, and the chapter
# shows a case in which this measure is not enough either. The distance to the nearest
# neighbour, which looks reasonable, fails on the smooth ones: at the centre everything is
# near.

# %% [markdown] tags=["lang-es"]
# ## 6. ¿Cuál gasta menos? (10 minutos)
#
# Dos modelos, las mismas imágenes de prueba, tantas que el error de la media no cuenta. Un flujo,
# $p_\theta$, informa 1.90 bits por píxel, con un ruido nuevo por imagen. Un modelo de enteros, que
# calcula sin aproximar la probabilidad $P(v)$ de cada imagen, informa 1.88. El flujo también da una probabilidad a cada
# imagen, $P_\theta(v)$, la masa de su celda. ¿Qué se puede decir de lo que gastan las *probabilidades* (`option`)?
#
# - **A.** El modelo de enteros gasta menos: $1.88 < 1.90$.
# - **B.** El flujo gasta 1.90 o menos, y puede ser que menos que 1.88.
# - **C.** El flujo gasta más de 1.90: falta pagar los bits del ruido.
# - **D.** El flujo gasta 1.90: con tantas imágenes, el promedio sobre los ruidos es el gasto de $P_\theta$.
#
# ¿Por qué (`reason`)?
#
# - **A.** La media del logaritmo no pasa del logaritmo de la media, y la masa de una celda es una media de
#   $p_\theta$.
# - **B.** $H(Y) = H(V) - d \log Q$: lo que se mide en $Y$ y lo que se mide en $V$ difieren en una constante.
# - **C.** El ruido es independiente de la imagen, y las entropías de variables independientes se suman.
# - **D.** Ningún modelo gasta menos que $H(V)$, y los dos gastos son mayores o iguales que esa cota.
#
# *Se revisa:* las dos letras.

# %% [markdown] tags=["lang-en"]
# ## 6. Which spends less? (10 minutes)
#
# Two models, the same test images, so many that the error of the mean does not count. A flow,
# $p_\theta$, reports 1.90 bits a pixel, with one fresh noise for each image. A model of integers, which
# computes the probability $P(v)$ of each image without approximation, reports 1.88. The flow too gives each image a
# probability, $P_\theta(v)$, the mass of its cell. What can be said of what the *probabilities* spend (`option`)?
#
# - **A.** The model of integers spends less: $1.88 < 1.90$.
# - **B.** The flow spends 1.90 or less, and it may be less than 1.88.
# - **C.** The flow spends more than 1.90: the bits of the noise are still to be paid.
# - **D.** The flow spends 1.90: with so many images, the average over the noises is what $P_\theta$ spends.
#
# Why (`reason`)?
#
# - **A.** The mean of the logarithm does not exceed the logarithm of the mean, and the mass of a cell is a mean of
#   $p_\theta$.
# - **B.** $H(Y) = H(V) - d \log Q$: what is measured in $Y$ and what is measured in $V$ differ by a constant.
# - **C.** The noise is independent of the image, and the entropies of independent variables add up.
# - **D.** No model spends less than $H(V)$, and both costs are at least that bound.
#
# *What is checked:* the two letters.

# %% question="e09.q6"
### BEGIN SOLUTION
option = "B"
reason = "A"
### END SOLUTION

# %% points=2
check("e09.q6", option, reason)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** $P_\theta(v) = Q^{-d}\, \mathbb E_U[p_\theta((v + U)/Q)]$, y por la desigualdad de Jensen
# $\log P_\theta(v) \ge \mathbb E_U[\log p_\theta((v + U)/Q)] - d \log Q$. Lo informado, 1.90, es una cota
# superior de lo que gasta $P_\theta$; la diferencia es cero solo si la densidad es constante en cada celda, y puede ser
# mayor que 0.02. Más ruidos *fuera* del logaritmo estiman mejor la misma cota; promediados *dentro* del logaritmo,
# la achican.
#
# El ruido no se paga: en la celda de lado 1, $U$ tiene entropía $\log 1 = 0$. La igualdad de **B** habla de la
# distribución verdadera, que sí es constante en cada celda, no del modelo. La de **D** es cierta y no decide nada.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** $P_\theta(v) = Q^{-d}\, \mathbb E_U[p_\theta((v + U)/Q)]$, and by Jensen's inequality
# $\log P_\theta(v) \ge \mathbb E_U[\log p_\theta((v + U)/Q)] - d \log Q$. What is reported, 1.90, is an upper bound
# of what $P_\theta$ spends; the difference is zero only if the density is constant on each cell, and it may be
# more than 0.02. More noises *outside* the logarithm estimate the same bound better; averaged *inside* it, they
# lower it.
#
# The noise is not paid for: on the cell of side 1, $U$ has entropy $\log 1 = 0$. The equality of **B** is about
# the true distribution, which is constant on each cell, and not about the model. What **D** says is true and
# decides nothing.

# %% [markdown] tags=["lang-es"]
# ## 7. Encuentre el error: bits que dependen de $d$ (10 minutos)
#
# La función `reported` debería dar los bits por píxel de las imágenes `v`, una por fila, con el ruido `u`;
# `log_q` es una función que da la log-densidad, en nats, de un modelo de $\ell$. Tiene un solo error. Abajo se la
# prueba con el modelo que es uniforme en el cubo, que debe gastar $\log_2 Q$ bits por píxel, sea cual sea $d$.
#
# Diga en `line` el número del renglón (un entero), y escriba en `image_bits` la función corregida.
#
# Prediga: ¿qué faltas quedan descartadas porque con $d = 1$ el número es correcto?
#
# *Se revisa:* el renglón, y la función, con dos modelos y dos $Q$, con error relativo menor que $10^{-6}$.

# %% [markdown] tags=["lang-en"]
# ## 7. Find the mistake: bits that depend on $d$ (10 minutes)
#
# The function `reported` should give the bits a pixel of the images `v`, one a row, with the noise `u`;
# `log_q` is a function that gives the log-density, in nats, of a model of $\ell$. It has a single mistake. Below it is
# tried with the model that is uniform on the cube, which must spend $\log_2 Q$ bits a pixel, whatever $d$ is.
#
# Give in `line` the number of the line (an integer), and write the mended function in `image_bits`.
#
# Predict: which faults are ruled out since with $d = 1$ the number is right?
#
# *What is checked:* the line, and the function, with two models and two $Q$, with a relative error below $10^{-6}$.

# %%
ALPHA = 0.05


def reported(log_q, v, u, levels):
    """What the program claims are the bits a pixel: a single number."""
    d = v.shape[1]  # 1
    inner = ALPHA + (1 - 2 * ALPHA) * (v + u) / levels  # 2
    slope = (1 - 2 * ALPHA) / (inner * (1 - inner))  # 3
    log_p = log_q(torch.logit(inner)) + slope.log().mean(1)  # 4
    log_mass = log_p - d * math.log(levels)  # 5
    return -log_mass.mean() / (d * math.log(2))  # 6


def uniform(ell):
    """The log-density of ell if y is uniform on the cube."""
    inner = torch.sigmoid(ell)
    return torch.log(inner * (1 - inner) / (1 - 2 * ALPHA)).sum(1)


g = torch.Generator().manual_seed(0)
for levels in (2, 256):
    for d in (1, 2, 784):
        v = torch.randint(levels, (100, d), generator=g).double()
        u = torch.rand(100, d, generator=g).double()
        found, due = reported(uniform, v, u, levels), math.log2(levels)
        print(f"Q = {levels}, d = {d}: {found:.3f}, expected {due:.3f}")


# %% question="e09.q7"
### BEGIN SOLUTION
line = 4
### END SOLUTION


def image_bits(log_q, v, u, levels):
    """Bits a pixel of the images v with noise u: a single number."""
    ### BEGIN SOLUTION
    d = v.shape[1]
    inner = ALPHA + (1 - 2 * ALPHA) * (v + u) / levels
    slope = (1 - 2 * ALPHA) / (inner * (1 - inner))
    log_p = log_q(torch.logit(inner)) + slope.log().sum(1)
    log_mass = log_p - d * math.log(levels)
    return -log_mass.mean() / (d * math.log(2))
    ### END SOLUTION


# %% points=2
check("e09.q7", line, image_bits)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** El jacobiano del logit es diagonal y su log-determinante *suma* sobre los píxeles; el renglón 4 promedia.
# Con $d = 1$ suma y promedio coinciden: por eso una base de logaritmo, un $Q$ olvidado o una derivada mal hecha, que
# se verían también con $d = 1$, no pueden ser la falta. El exceso casi no cambia con $Q$ y crece con $d$ hasta una
# constante: falta una fracción $1 - \frac1d$ del término. El promedio del renglón 6 es otro: sobre las imágenes.
#
# El modelo uniforme es la mejor comprobación que hay, si se la hace con más de una dimensión.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** The Jacobian of the logit is diagonal and its log-determinant *adds* over the pixels; line 4 averages.
# With $d = 1$ sum and mean are the same: so a base of the logarithm, a forgotten $Q$ or a wrong derivative, which
# would be seen with $d = 1$ too, cannot be the fault. The excess hardly changes with $Q$ and grows with $d$ to a
# constant: a fraction $1 - \frac1d$ of the term is missing. The mean of line 6 is another one: over the images.
#
# The uniform model is the best test that there is, if it is made in more than one dimension.
