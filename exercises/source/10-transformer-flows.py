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
# # Soluciones 10. Transformers que son flujos
#
# Las respuestas del cuaderno de ejercicios, cada una con su porqué.
# Conviene abrirlas después del segundo intento, no antes del primero.

# %% [markdown] tags=["lang-en", "solution"]
# # Solutions 10. Transformers that are flows
#
# The answers to the exercise notebook, each with its reason.
# They are best opened after the second attempt, not before the first.

# %% [markdown] tags=["lang-es", "exercise"]
# # Ejercicios 10. Transformers que son flujos
#
# Cinco preguntas: un error que hay que encontrar, una predicción que se mide, una función
# que se completa, una elección con su porqué y una decisión con datos; unos 75 minutos en total.
# Usted aprenderá a descubrir una red que ve lo que debe predecir, a contar los barridos de Jacobi,
# a sortear con una caché y a medir qué sabe un modelo de la clase de una imagen.
#
# **Cómo se trabaja.** Cada pregunta tiene una celda con una o más funciones, o valores.
# Reemplace `raise NotImplementedError` por su código, y los puntos suspensivos por su respuesta;
# ejecute la celda y luego la que llama a `check`. La respuesta es un veredicto y, si algo
# no se cumple, una pista. Puede probar tantas veces como quiera.
#
# Antes de probar, `hint("e10.q1")` da una pista y hay tres por pregunta;
# `progress()` muestra lo que lleva hecho.

# %% [markdown] tags=["lang-es"]
# **Convenciones.** Salvo indicación en contra, los números llegan en `float64` y así se
# devuelven. Los textos dentro del código están en inglés.

# %% [markdown] tags=["lang-en", "exercise"]
# # Exercises 10. Transformers that are flows
#
# Five questions: a mistake to be found, a prediction that is measured, a function to be
# completed, a choice with its reason and a decision from data; about 75 minutes in all.
# You will learn to find out a network that sees what it has to predict, to count the sweeps of
# Jacobi, to sample with a cache, and to measure what a model knows of the class of an image.
#
# **How to work.** Each question has a cell with one or more functions, or values. Replace
# `raise NotImplementedError` by your code, and the ellipses by your answer; run the cell and
# then the one that calls `check`. The answer is a verdict and, if something does not
# hold, a hint. You may try as often as you like.
#
# Before trying, `hint("e10.q1")` gives a hint, and there are three for each question;
# `progress()` shows what you have done.

# %% [markdown] tags=["lang-en"]
# **Conventions.** Unless otherwise stated the numbers come in `float64` and are returned so.
# The texts inside the code are in English.

# %%
import math

import torch

from nflib import dequantise, sample
from nflib.course.check import check, hint, language, progress, solution
from nflib.course.check.prediction import predict
from nflib.course.targets import load_mnist, mnist_flow

language("{{lang}}")

# %% [markdown] tags=["lang-es"]
# ## 1. Encuentre el error: una red que ve el futuro (15 minutos)
#
# La red `network` debería dar, para una fila `v` de ceros y unos, la probabilidad de que haya un
# uno en cada lugar, *dados los anteriores*. No está entrenada, y ya se ve que algo no está bien: las
# probabilidades de las $16$ filas de largo $4$ no suman $1$. Tiene un solo error. Diga en `line` el
# número del renglón (un entero).
#
# La prueba del capítulo, con el jacobiano, no sirve para las redes que leen niveles: su derivada es cero en
# casi todo punto. Complete `leak(network, v)`, que da un número: el mayor cambio, en valor absoluto, de la
# probabilidad del lugar $i$ cuando $v_j$, y solamente $v_j$, pasa de $0$ a $1$ o de $1$ a $0$, entre
# todos los pares con $j \ge i$. Si la red no tiene fugas, es $0$.
#
# Prediga: ¿alcanza con probar en los datos, o una red sin entrenar también se delata?
#
# *Se revisa:* el renglón; `leak`, con redes sin fuga y con fugas de varias clases, que reciben una
# fila de largo $6$ y leen niveles.

# %% [markdown] tags=["lang-en"]
# ## 1. Find the mistake: a network that sees the future (15 minutes)
#
# The network `network` should give, for a row `v` of zeros and ones, the probability of a one
# at each place, *given the previous ones*. It is not trained, and one sees already that something is wrong: the
# probabilities of the $16$ rows of length $4$ do not add up to $1$. It has a single mistake. Give in `line` the
# number of the line (an integer).
#
# The test of the chapter, with the Jacobian, is of no use for networks that read levels: their derivative is zero at
# almost every point. Complete `leak(network, v)`, which gives one number: the largest change, in absolute value, of
# the probability of place $i$ when $v_j$, and only $v_j$, goes from $0$ to $1$ or from $1$ to $0$, over all
# the pairs with $j \ge i$. If the network has no leak, it is $0$.
#
# Predict: is it enough to try on data, or does an untrained network give itself away too?
#
# *What is checked:* the line; `leak`, with networks without leak and with leaks of several kinds, which take a
# row of length $6$ and read levels.

# %%
T, M = 4, 6
g = torch.Generator().manual_seed(0)
W = torch.randn(3, M, M, generator=g).double()
start, embed = torch.randn(2, 1, M, generator=g).double()
head = torch.randn(M, generator=g).double()
future = torch.ones(T, T, dtype=torch.bool).triu(1)


def network(v):
    """The chance of a one at each place of v, of zeros and ones."""
    h = torch.cat([start, (2 * v[:-1, None] - 1) * embed])  # 1
    h = (h - h.mean(0)) / h.std(0)  # 2
    query, key, value = h @ W[0], h @ W[1], h @ W[2]  # 3
    scores = query @ key.T / M**0.5  # 4
    scores = scores.masked_fill(future, -torch.inf)  # 5
    a = torch.softmax(scores, 1) @ value  # 6
    return torch.sigmoid((h + a) @ head)  # 7


total = 0
for v in torch.cartesian_prod(*[torch.arange(2).double()] * T):
    p = network(v)
    total += torch.where(v == 1, p, 1 - p).prod()
print(f"sum of the probabilities of the {2**T} rows: {total:.3f}")


# %% question="e10.q1"
### BEGIN SOLUTION
line = 2
### END SOLUTION


def leak(network, v):
    """The largest change of the chance at i, as v_j changes, j >= i."""
    ### BEGIN SOLUTION
    worst = 0.0
    for j in range(len(v)):
        other = v.clone()
        other[j] = 1 - v[j]
        change = (network(other) - network(v)).abs()
        worst = max(worst, change[: j + 1].max().item())
    return worst
    ### END SOLUTION


# %% points=2
check("e10.q1", line, leak)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** `h.mean(0)` y `h.std(0)` promedian sobre los *lugares*: el vector de cada uno, ya normalizado, lleva
# noticias de todos los demás, también de los que vienen después. Una normalización de capa promedia sobre los $m$
# números de un mismo lugar, `h.mean(1, keepdim=True)`; con ese cambio la suma es $1$ y la fuga, $0$.
# El renglón 1 corre la fila; la máscara del 5 tapa lo que está después del propio lugar, que tras el
# corrimiento es lo que hay que tapar; y el softmax del 6 suma $1$ sobre las claves, que es lo que pide la fórmula.
#
# Una suma distinta de $1$ delata la fuga, y con 784 píxeles no se la puede calcular; `leak` sí. No hace falta entrenar:
# con pesos al azar toda dependencia se ve. Los datos son el peor lugar donde probar: una red
# con fuga parece excelente en ellos. Y probar que la inversa deshace el flujo no sirve: si las dos usan
# la fila entera, coinciden.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** `h.mean(0)` and `h.std(0)` average over the *places*: the vector of each, once normalised, carries
# news of all the others, also of those that come after. A layer normalisation averages over the $m$
# numbers of one place, `h.mean(1, keepdim=True)`; with that change the sum is $1$ and the leak $0$.
# Line 1 shifts the row; the mask of line 5 hides what comes after the place itself, which after the
# shift is what must be hidden; and the softmax of line 6 adds up to $1$ over the keys, as the formula asks.
#
# A sum other than $1$ gives the leak away, and with 784 pixels it cannot be computed; `leak` can. There is no need to
# train: with random weights every dependence is seen. Data are the worst place to try: a network
# with a leak looks excellent on them. And to try that the inverse undoes the flow is of no use: if both use
# the whole row, they agree.

# %% [markdown] tags=["lang-es"]
# ## 2. Prediga y mida: ¿cuántos barridos? (10 minutos)
#
# Una imagen se corta en $7 \times 7$ parches, que se ordenan por filas: $T = 49$ tokens. Jacobi empieza con
# ceros, resuelve en cada barrido todos los tokens a la vez, con lo que haya en los otros, y para cuando dos barridos
# seguidos dan lo mismo; ese último, que solo lo comprueba, también se cuenta. Hay tres modelos:
#
# 1. cada parche depende solamente del que tiene arriba;
# 2. cada parche depende del que tiene arriba y del que tiene a la izquierda;
# 3. el flujo que viene con `nflib`, entrenado con MNIST, donde cada parche depende de *todos* los anteriores.
#
# ¿Cuántos barridos hacen falta en cada uno? Escriba tres enteros en `guess`, *antes* de medir: la
# predicción queda anotada y ninguna resta puntos.

# %% [markdown] tags=["lang-en"]
# ## 2. Predict and measure: how many sweeps? (10 minutes)
#
# An image is cut into $7 \times 7$ patches, which are ordered by rows: $T = 49$ tokens. Jacobi starts from
# zeros, solves in each sweep all tokens at once, with whatever the others hold, and stops when two sweeps
# in a row give the same; the last one, which only notices it, is counted too. There are three models:
#
# 1. each patch depends only on the one above it;
# 2. each patch depends on the one above it and on the one to its left;
# 3. the flow that comes with `nflib`, trained on MNIST, where each patch depends on *all* the previous ones.
#
# How many sweeps does each of them take? Write three integers in `guess`, *before* measuring: the
# prediction is noted, and none costs points.

# %% question="e10.q2"
### BEGIN SOLUTION
guess = (8, 14, 25)
### END SOLUTION

# %%
predicted = predict("e10.q2", guess)


# %%
def sweeps(G):
    """How many sweeps it takes until two in a row give the same."""
    x, count = torch.zeros(7, 7).double(), 0
    while True:
        x, last, count = G(x), x, count + 1
        if torch.equal(x, last):
            return count


u = torch.rand(7, 7, generator=torch.Generator().manual_seed(0)).double()
above = lambda x: torch.nn.functional.pad(x[:-1], (0, 0, 1, 0))
left = lambda x: torch.nn.functional.pad(x[:, :-1], (1, 0))
print("above:", sweeps(lambda x: u + above(x)))
print("above and left:", sweeps(lambda x: u + (above(x) + left(x)) / 2))
flow, digit = mnist_flow(), torch.eye(10)[3:4]
for seed in range(3):
    g = torch.Generator().manual_seed(seed)
    found = sample(flow, 1, g, digit, method="jacobi", exact=True)
    print(f"trained, sample {seed}:", found.sweeps)

# %% [markdown] tags=["lang-es"]
# En el tercer modelo la cadena de dependencias más larga tiene 49 parches, y alcanzaron muchos menos barridos.
# ¿Por qué? Escriba la letra en `explanation`.
#
# - **A.** Cada barrido deja exactos el doble de parches que el anterior.
# - **B.** Un parche puede salir bien antes de que lo estén todos los anteriores: cada píxel es un nivel, y
#   sale el mismo mientras el número sorteado caiga en el mismo tramo del histograma.
# - **C.** Cada barrido divide el error entre una constante, y se para cuando es menor que $\frac1{256}$.
# - **D.** Se paró antes de los 49 que garantiza el teorema: los últimos parches todavía no son los de la muestra.
#
# *Se revisa:* que haya una predicción, que se comenta y no se califica; la explicación.

# %% [markdown] tags=["lang-en"]
# In the third model the longest chain of dependences has 49 patches, and far fewer sweeps were enough.
# Why? Write the letter in `explanation`.
#
# - **A.** Each sweep makes twice as many patches exact as the one before.
# - **B.** A patch may come out right before all the previous ones are: each pixel is a level, and the same one comes
#   out as long as the number drawn falls in the same piece of the histogram.
# - **C.** Each sweep divides the error by a constant, and it stops when the error is below $\frac1{256}$.
# - **D.** It stopped before the 49 that the theorem guarantees: the last patches are not yet those of the sample.
#
# *What is checked:* that there is a prediction, which is commented on and not marked; the explanation.

# %% question="e10.q2" after="-2"
### BEGIN SOLUTION
explanation = "B"
### END SOLUTION

# %% points=2
check("e10.q2", predicted, explanation)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** Después de $k$ barridos son exactos los parches a los que no llega ninguna cadena de más de
# $k$. En el primer modelo las columnas no se hablan, y la cadena más larga tiene 7: con 7 barridos basta, y
# el octavo lo comprueba. En el segundo, las cadenas bajan o van a la derecha; la más larga va de una esquina
# a la otra y tiene $7 + 7 - 1 = 13$ parches: 13, y uno más. Los parches de una misma antidiagonal salen todos
# en el mismo barrido.
#
# En el tercero hay una cadena de 49, y esa es la garantía. Pero una decisión discreta no cambia con cada cambio de
# lo que la precede: los bordes de un dígito son blancos, sea cual sea el trazo, y muchos parches se aciertan
# juntos. No es una contracción: el error puede subir de un barrido al siguiente. Y al parar no se pierde nada:
# si $G(x) = x$, $x$ es la muestra, porque hay un solo punto fijo.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** After $k$ sweeps those patches are exact that no chain of more than $k$ leads to. In the first
# model the columns do not talk to each other, and the longest chain has 7: 7 sweeps are enough, and the eighth
# notices it. In the second, chains go down or to the right; the longest goes from one corner to the other and has
# $7 + 7 - 1 = 13$ patches: 13, and one more. The patches of one antidiagonal all come out in the same sweep.
#
# In the third there is a chain of 49, and that is the guarantee. But a discrete decision does not change with
# each change of what comes before it: the borders of a digit are blank, whatever the stroke, and many patches
# are guessed right together. It is not a contraction: the error may rise from one sweep to the next. And
# nothing is lost by stopping: if $G(x) = x$, then $x$ is the sample, for there is only one fixed point.

# %% [markdown] tags=["lang-es"]
# ## 3. Una cabeza con caché (20 minutos)
#
# Cada token es un solo número, y una capa de atención de una cabeza lo decide. El objeto `head` tiene tres
# funciones, y sus filas son $n$ sorteos independientes:
#
# - `head.embed(x, t)`, el vector $h_t$ del lugar $t$, de forma `(n, m)`, que se forma con el token anterior, `x`, de
#   forma `(n,)`; en el lugar $t = 0$ es el token inicial, y `x` no importa;
# - `head.project(h)`, la pregunta, la clave y el valor de los vectores `h`, cada uno de la forma de `h`;
# - `head.solve(u, a)`, el token $x_t = f(u_t; \theta(a_t))$, de forma `(n,)`, con `a` de forma `(n, m)`.
#
# `draw_again` sortea $T$ tokens con el ruido `u`, de forma `(n, T)`, y en cada paso vuelve a proyectar todo
# lo anterior. Complete `draw(u, head)`, que devuelve lo mismo y proyecta cada vector *una sola vez*.
#
# Prediga: ¿cuántos vectores proyecta cada una, con $n = 4$ y $T = 12$?
#
# *Se revisa:* que dos llamadas seguidas den lo mismo; los tokens, con otras cabezas, otros $n$ y otros $T$, con error
# relativo menor que $10^{-10}$; cuántos vectores se proyectan.

# %% [markdown] tags=["lang-en"]
# ## 3. One head with a cache (20 minutes)
#
# Each token is a single number, and one layer of attention with one head decides it. The object `head` has three
# functions, and its rows are $n$ independent draws:
#
# - `head.embed(x, t)`, the vector $h_t$ of place $t$, of shape `(n, m)`, made of the previous token, `x`, of
#   shape `(n,)`; at place $t = 0$ it is the start token, and `x` does not matter;
# - `head.project(h)`, the query, the key and the value of the vectors `h`, each of the shape of `h`;
# - `head.solve(u, a)`, the token $x_t = f(u_t; \theta(a_t))$, of shape `(n,)`, with `a` of shape `(n, m)`.
#
# `draw_again` draws $T$ tokens with the noise `u`, of shape `(n, T)`, and at each step projects all that came
# before again. Complete `draw(u, head)`, which returns the same and projects each vector *only once*.
#
# Predict: how many vectors does each of them project, with $n = 4$ and $T = 12$?
#
# *What is checked:* that two calls in a row give the same; the tokens, with other heads, other $n$ and other
# $T$, with a relative error below $10^{-10}$; how many vectors are projected.

# %%
class Head:
    """A head of attention with random weights, to try with."""

    def __init__(self, m):
        g = torch.Generator().manual_seed(m)
        self.W = torch.randn(6, m, m, generator=g).double()
        self.rows = 0

    def embed(self, x, t):
        before = x[:, None] * self.W[3, 0] if t > 0 else 0 * x[:, None]
        return torch.tanh(before + self.W[3, 1] + t * self.W[3, 2])

    def project(self, h):
        self.rows += h.shape[:-1].numel()
        return h @ self.W[0], h @ self.W[1], h @ self.W[2]

    def solve(self, u, a):
        return a @ self.W[4, 0] + u * torch.exp(torch.tanh(a @ self.W[4, 1]))


def draw_again(u, head):
    """Tokens (n, T), projecting at step t the t + 1 vectors so far."""
    n, T = u.shape
    x = torch.zeros(n, T + 1).double()  # column t: the token before place t
    for t in range(T):
        h = [head.embed(x[:, s], s) for s in range(t + 1)]
        query, key, value = head.project(torch.stack(h, 1))
        scores = key @ query[:, t, :, None] / key.shape[2] ** 0.5
        a = (torch.softmax(scores, 1) * value).sum(1)
        x[:, t + 1] = head.solve(u[:, t], a)
    return x[:, 1:]


tried = Head(3)
u = torch.randn(2, 5, generator=torch.Generator().manual_seed(0)).double()
print(draw_again(u, tried))
print("vectors projected:", tried.rows)


# %% question="e10.q3"
def draw(u, head):
    """Tokens (n, T), projecting each vector only once."""
    ### BEGIN SOLUTION
    keys, values, tokens = [], [], []
    x = u[:, 0]  # place 0 does not look at it
    for t in range(u.shape[1]):
        query, key, value = head.project(head.embed(x, t))
        keys.append(key)
        values.append(value)
        scores = torch.stack(keys, 1) @ query[:, :, None]
        weights = torch.softmax(scores / query.shape[1] ** 0.5, 1)
        x = head.solve(u[:, t], (weights * torch.stack(values, 1)).sum(1))
        tokens.append(x)
    return torch.stack(tokens, 1)
    ### END SOLUTION


# %% points=3
check("e10.q3", draw)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** La clave y el valor del lugar $s$ son funciones de $h_s$, que se forma con tokens ya sorteados:
# no vuelven a cambiar, y se guardan. La pregunta de un lugar se usa una sola vez, y no hace falta guardarla.
# La clave propia se agrega *antes* de atender, porque la suma llega hasta $s = t$. Son $nT = 48$ proyecciones
# en lugar de $n\frac{T(T+1)}2 = 312$; lo que sigue creciendo como $T^2$ es la suma de la atención, que es
# barata.
#
# La caché nace vacía en cada llamada. Si fuera un argumento con valor por omisión, `keys=[]`, Python crearía una sola
# lista y el segundo sorteo miraría los tokens del primero. Guardar `x` en lugar de claves y valores da
# los mismos números y no ahorra nada.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** The key and the value of place $s$ are functions of $h_s$, which is made of tokens that are drawn
# already: they do not change again, and are kept. The query of a place is used only once, and need not be
# kept. The key of the place itself is added *before* attending, since the sum goes up to $s = t$. These are
# $nT = 48$ projections instead of $n\frac{T(T+1)}2 = 312$; what still grows like $T^2$ is the sum of the
# attention, which is cheap.
#
# The cache is born empty in each call. If it were an argument with a default, `keys=[]`, Python would make a single
# list and the second draw would look at the tokens of the first. To keep `x` instead of keys and values gives
# the same numbers and saves nothing.

# %% [markdown] tags=["lang-es"]
# ## 4. ¿Cuánto bajan los bits? (10 minutos)
#
# Un flujo autorregresivo da a cada píxel un histograma de $K = 32$ tramos, con bordes en múltiplos de
# $\frac1{256}$: los niveles frecuentes tienen un tramo propio y los demás comparten alguno. La red lee los
# niveles $\lfloor 256 x \rfloor$. Con un ruido por imagen se miden $1.07$ bits por dimensión. Ahora, para
# cada imagen, se promedia la densidad con $64$ ruidos, *dentro* del logaritmo. ¿Cuánto bajan los bits
# (`option`)?
#
# - **A.** Bajan, como en los flujos suaves del capítulo 9: eso era lo que faltaba para llegar a $-\log_2 P(\mathbf v)$.
# - **B.** Bajan $\frac12 \log_2 64 = 3$ bits por imagen: el error estándar se divide entre $8$.
# - **C.** No bajan nada: el número es el mismo.
# - **D.** Bajan por los píxeles cuyo nivel comparte el tramo con otros, y no por los demás.
#
# ¿Por qué (`reason`)?
#
# - **A.** La media del logaritmo no pasa del logaritmo de la media.
# - **B.** La densidad es constante en la celda de cada imagen.
# - **C.** El jacobiano es triangular.
# - **D.** Con miles de píxeles los efectos de los ruidos se compensan.
#
# ¿Con cuál de estos cambios dejaría de valer (`breaks`)?
#
# - **A.** Con $K = 16$ tramos, también con bordes en múltiplos de $\frac1{256}$.
# - **B.** Con un ruido que no sea uniforme en la celda.
# - **C.** Con una red sin entrenar.
# - **D.** Con una red que lee $x$ en lugar de $\lfloor 256 x \rfloor$.
#
# *Se revisa:* las tres letras.

# %% [markdown] tags=["lang-en"]
# ## 4. How much lower are the bits? (10 minutes)
#
# An autoregressive flow gives each pixel a histogram of $K = 32$ pieces, with edges at multiples of
# $\frac1{256}$: the frequent levels have a piece of their own and the others share one. The network reads the
# levels $\lfloor 256 x \rfloor$. With one noise for each image $1.07$ bits per dimension are measured. Now,
# for each image, the density is averaged over $64$ noises, *inside* the logarithm. How much lower are the
# bits (`option`)?
#
# - **A.** They are lower, as with the smooth flows of chapter 9: that was missing to arrive at $-\log_2 P(\mathbf v)$.
# - **B.** They are lower by $\frac12 \log_2 64 = 3$ bits an image: the standard error is divided by $8$.
# - **C.** They are not lower at all: the number is the same.
# - **D.** They are lower because of the pixels whose level shares its piece with others, and not because of the rest.
#
# Why (`reason`)?
#
# - **A.** The mean of the logarithm does not exceed the logarithm of the mean.
# - **B.** The density is constant on the cell of each image.
# - **C.** The Jacobian is triangular.
# - **D.** With thousands of pixels the effects of the noises cancel out.
#
# With which of these changes would it no longer hold (`breaks`)?
#
# - **A.** With $K = 16$ pieces, also with edges at multiples of $\frac1{256}$.
# - **B.** With a noise that is not uniform on the cell.
# - **C.** With an untrained network.
# - **D.** With a network that reads $x$ instead of $\lfloor 256 x \rfloor$.
#
# *What is checked:* the three letters.

# %% question="e10.q4"
### BEGIN SOLUTION
option = "C"
reason = "B"
breaks = "D"
### END SOLUTION

# %% points=2
check("e10.q4", option, reason, breaks)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** En la celda de una imagen la red lee siempre los mismos niveles y da los mismos histogramas, y
# la celda cae entera en un tramo de cada uno, porque los bordes son múltiplos de $\frac1{256}$. La densidad
# es la misma en todos sus puntos: la media de 64 valores iguales es ese valor, y la desigualdad de Jensen es
# una igualdad. Vale con cualquier ruido que no salga de la celda, con cualquier red y con cualquier $K$: si
# un tramo abarca varios niveles, cada uno recibe la misma parte, y $P_\theta(\mathbf v)$ es menos fina, no la
# cuenta.
#
# Si la red lee $x$, los histogramas cambian dentro de la celda: la densidad ya no es constante, y el número
# con un ruido es solo una cota de $-\log_2 P_\theta(\mathbf v)$, como en el capítulo 9. Que el jacobiano sea
# triangular vale en los dos casos y no decide.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** On the cell of an image the network always reads the same levels and gives the same histograms, and the cell
# lies within a single piece of each, since the edges are multiples of $\frac1{256}$. The density is the same at
# all its points: the mean of 64 equal values is that value, and Jensen's inequality is an equality. It holds with any
# noise that does not leave the cell, with any network and with any $K$: if a piece spans several levels, each
# gets the same share, and it is $P_\theta(\mathbf v)$ that is coarser, not the count.
#
# If the network reads $x$, the histograms change within the cell: the density is no longer constant, and the
# number with one noise is only a bound of $-\log_2 P_\theta(\mathbf v)$, as in chapter 9. That the Jacobian
# is triangular holds in both cases and does not decide.

# %% [markdown] tags=["lang-es"]
# ## 5. Mida y decida: qué sabe el modelo de la clase (20 minutos)
#
# La tabla `table` tiene, en nats, $\log p(\mathbf x \mid c)$ de 200 dígitos de prueba con cada clase $c$,
# según el flujo que viene con `nflib`. Con las diez clases igualmente probables, la regla de Bayes da
# $P(c \mid \mathbf x)$. Complete dos funciones que devuelven un número, para `log_p` de forma `(n, K)`, con
# $K$ clases igualmente probables, y `labels`, un tensor de enteros (`int64`) de forma `(n,)`:
#
# - `saved(log_p, labels)`, cuántos bits *por imagen* ahorra conocer la clase: la media de
#   $\log_2 p(\mathbf x \mid c) - \log_2 p(\mathbf x)$, con $c$ la clase verdadera y $p(\mathbf x)$ la mezcla;
# - `cost(log_p, labels, price, tau)`, el costo medio de esta regla: si la mayor $P(c \mid \mathbf x)$ es
#   menor que `tau` no se responde, y eso cuesta $1$; si no, se responde la clase más probable, que cuesta
#   `price` si es un error y $0$ si no.
#
# Después mida, con `price=10`, los costos con `tau` igual a $0$, $0.9$ y $0.99$. Si las $P(c \mid \mathbf x)$
# fueran las verdaderas, no responder convendría cuando $10\,(1 - P) > 1$: la mejor sería $0.9$. Hay una
# promesa en la tabla: el costo que se espera según el modelo es la media de $10\,(1 - P)$ donde responde y de
# $1$ donde no. ¿Qué decide (`decision`)?
#
# - **A.** No conviene: las imágenes que no se responden cuestan más que los errores que se evitan.
# - **B.** Conviene, y el costo con $0.9$ es el que promete el modelo.
# - **C.** Conviene, pero cuesta más que lo prometido, y con $0.99$ cuesta menos: el modelo está demasiado seguro.
# - **D.** Conviene, y con $0.9$ cuesta menos que con $0.99$, como dice la cuenta.
#
# El flujo gasta menos bits que todas las referencias del capítulo 9, y acierta mucho menos que un clasificador
# entrenado para eso. ¿Por qué (`reason`)?
#
# - **A.** Los bits se midieron con ruido, y el ruido borra lo que distingue a las clases.
# - **B.** Conocer la clase ahorra a lo sumo $\log_2 10$ bits por imagen, de muchos cientos: el entrenamiento
#   casi no lo nota.
# - **C.** Su densidad es constante en cada celda, y sin gradiente la regla de Bayes no se puede usar.
# - **D.** La regla de Bayes pide probabilidades, y una densidad puede ser mayor que $1$.
#
# *Se revisa*, con otras tablas y con error relativo menor que $10^{-6}$: los bits; los costos, con varios
# `price` y `tau`; las dos letras.

# %% [markdown] tags=["lang-en"]
# ## 5. Measure and decide: what the model knows of the class (20 minutes)
#
# The table `table` has, in nats, $\log p(\mathbf x \mid c)$ of 200 test digits with each class $c$, by the
# flow that comes with `nflib`. With ten equally probable classes, Bayes' rule gives $P(c \mid \mathbf x)$.
# Complete two functions that return one number, for `log_p` of shape `(n, K)`, with $K$ equally probable
# classes, and `labels`, a tensor of integers (`int64`) of shape `(n,)`:
#
# - `saved(log_p, labels)`, how many bits *an image* it saves to know the class: the mean of
#   $\log_2 p(\mathbf x \mid c) - \log_2 p(\mathbf x)$, with $c$ the true class and $p(\mathbf x)$ the mixture;
# - `cost(log_p, labels, price, tau)`, the mean cost of this rule: if the largest $P(c \mid \mathbf x)$ is
#   less than `tau` no answer is given, and that costs $1$; if not, the most probable class is answered, which
#   costs `price` if it is a mistake and $0$ if not.
#
# Then measure, with `price=10`, the costs with `tau` equal to $0$, $0.9$ and $0.99$. If the
# $P(c \mid \mathbf x)$ were the true ones, not to answer would pay when $10\,(1 - P) > 1$: the best one would
# be $0.9$. There is a promise in the table: the cost that the model expects is the mean of $10\,(1 - P)$
# where it answers and of $1$ where not. What do you decide (`decision`)?
#
# - **A.** It does not pay: the images without answer cost more than the mistakes that are avoided.
# - **B.** It pays, and the cost with $0.9$ is what the model promises.
# - **C.** It pays, but costs more than was promised, and with $0.99$ it costs less: the model is too sure.
# - **D.** It pays, and with $0.9$ it costs less than with $0.99$, as the computation says.
#
# The flow spends fewer bits than all the baselines of chapter 9, and it is right far less often than a classifier
# trained for that. Why (`reason`)?
#
# - **A.** The bits were measured with noise, and the noise erases what tells the classes apart.
# - **B.** To know the class saves at most $\log_2 10$ bits an image, out of many hundreds: training hardly notices it.
# - **C.** Its density is constant on each cell, and without a gradient Bayes' rule cannot be used.
# - **D.** Bayes' rule asks for probabilities, and a density may be larger than $1$.
#
# *What is checked*, with other tables and a relative error below $10^{-6}$: the bits; the costs, with several
# `price` and `tau`; the two letters.

# %%
digits = load_mnist()
labels = digits.labels[:200]
g = torch.Generator().manual_seed(0)
x = dequantise(digits.images[:200], 256, g)
classes = torch.eye(10)
log_p = [flow.log_prob(x, classes[c].expand(200, 10)) for c in range(10)]
table = torch.stack(log_p, 1).double()
print(table[:2])


# %% question="e10.q5"
def saved(log_p, labels):
    """Bits an image that it saves to know the class."""
    ### BEGIN SOLUTION
    posterior = torch.log_softmax(log_p, 1)  # of equally probable classes
    own = posterior[torch.arange(len(labels)), labels]
    return (own.mean() + math.log(log_p.shape[1])) / math.log(2)
    ### END SOLUTION


def cost(log_p, labels, price, tau):
    """The mean cost, with no answer where the surest class is below tau."""
    ### BEGIN SOLUTION
    surest, answer = torch.softmax(log_p, 1).max(1)
    mistaken = price * (answer != labels).double()
    return torch.where(surest < tau, 1.0, mistaken).mean()
    ### END SOLUTION


# %% question="e10.q5" after="-2"
### BEGIN SOLUTION
print(f"bits saved: {saved(table, labels):.2f}")
surest = torch.softmax(table, 1).max(1).values
for tau in (0, 0.9, 0.99):
    due = torch.where(surest < tau, 1.0, 10 * (1 - surest)).mean()
    found = cost(table, labels, 10, tau)
    print(f"tau = {tau}: costs {found:.2f}, promised {due:.2f}")
decision = "C"
reason = "B"
### END SOLUTION

# %% points=3
check("e10.q5", saved, cost, decision, reason)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** Con diez clases igualmente probables
# $\frac{p(\mathbf x \mid c)}{p(\mathbf x)} = 10\,P(c \mid \mathbf x) \le 10$: el ahorro es a lo sumo
# $\log_2 10 = 3.32$ bits por imagen, y el medido, el que imprime la celda, es menor; hasta puede ser negativo,
# porque una imagen de la que el modelo está seguro de otra clase cuesta, dada la suya, mucho más que en la
# mezcla. Los logaritmos valen miles, y su exponencial no es un número de máquina: por eso se resta el mayor,
# como hacen `log_softmax` y `logsumexp`.
#
# Sin rechazo se paga por cada error. Con `tau` $= 0.9$ se paga menos, pero más del doble de lo que el modelo
# prometía; con $0.99$ se paga menos aún. Un modelo calibrado cumpliría lo prometido, y $0.9$ sería la mejor;
# este está demasiado seguro, porque 784 condicionales con pequeños errores se suman. El umbral se elige,
# entonces, con imágenes de validación, y no con la fórmula.
#
# El entrenamiento pesa cada bit por igual: los de la clase son menos del medio por ciento, y un modelo que
# los pierde casi no se nota. Buenos bits y buena clasificación son objetivos distintos. Es cierto que una
# densidad puede pasar de $1$, y en el cociente de Bayes no importa.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** With ten equally probable classes
# $\frac{p(\mathbf x \mid c)}{p(\mathbf x)} = 10\,P(c \mid \mathbf x) \le 10$: at most $\log_2 10 = 3.32$ bits
# an image are saved, and what was measured, which the cell prints, is less; it may even be negative, for an image
# of which the model is sure that it is of another class costs, given its own, much more than in the mixture.
# The logarithms are in the thousands, and their exponential is no machine number: hence the largest is
# subtracted, as `log_softmax` and `logsumexp` do.
#
# Without rejection one pays for each mistake. With `tau` $= 0.9$ one pays less, but more than twice what the
# model promised; with $0.99$ one pays less still. A calibrated model would keep its promise, and $0.9$ would
# be the best; this one is too sure, since 784 conditionals with small errors add up. So the threshold is
# chosen with validation images, and not by the formula.
#
# Training weighs each bit alike: those of the class are less than half a per cent, and a model that loses
# them is hardly noticed. Good bits and good classification are different aims. It is true that a density may exceed
# $1$, and in the quotient of Bayes it does not matter.
