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
# # Soluciones 8. Acoplamiento y flujos autorregresivos
#
# Las respuestas del cuaderno de ejercicios, cada una con su porqué.
# Conviene abrirlas después del segundo intento, no antes del primero.

# %% [markdown] tags=["lang-en", "solution"]
# # Solutions 8. Coupling and autoregressive flows
#
# The answers to the exercise notebook, each with its reason.
# They are best opened after the second attempt, not before the first.

# %% [markdown] tags=["lang-es", "exercise"]
# # Ejercicios 8. Acoplamiento y flujos autorregresivos
#
# Siete preguntas: cinco de funciones, un error que hay que encontrar y una demostración;
# unos 130 minutos en total. Usted programará las tres piezas del capítulo (un acoplamiento, las
# máscaras de MADE y un tramo de spline), medirá qué no puede hacer un flujo que
# conserva el volumen y entrenará uno que sí puede.
#
# **Cómo se trabaja.** Cada pregunta tiene una celda con una o más funciones.
# Reemplace `raise NotImplementedError` por su código, ejecute la celda y luego
# la siguiente, que llama a `check`. La respuesta es un veredicto y, si algo
# no se cumple, una pista. Puede probar tantas veces como quiera.
#
# Antes de probar, `hint("e08.q1")` da una pista y hay tres por pregunta;
# `progress()` muestra lo que lleva hecho.

# %% [markdown] tags=["lang-es"]
# **Convenciones.** Los puntos llegan en un tensor de PyTorch de tipo `float64`
# y forma `(n, d)`, un punto por fila. Lo que se devuelve es también un tensor de
# tipo `float64`. Los textos dentro del código están en inglés.

# %% [markdown] tags=["lang-en", "exercise"]
# # Exercises 8. Coupling and autoregressive flows
#
# Seven questions: five of functions, a mistake to be found and a proof; about 130 minutes
# in all. You will program the three pieces of the chapter (a coupling, the masks
# of MADE and one bin of a spline), measure what a volume-preserving flow cannot
# do, and train one that can.
#
# **How to work.** Each question has a cell with one or more functions. Replace
# `raise NotImplementedError` by your code, run the cell and then the next one,
# which calls `check`. The answer is a verdict and, if something does not
# hold, a hint. You may try as often as you like.
#
# Before trying, `hint("e08.q1")` gives a hint, and there are three for each question;
# `progress()` shows what you have done.

# %% [markdown] tags=["lang-en"]
# **Conventions.** The points come in a PyTorch tensor of type `float64` and
# shape `(n, d)`, one point a row. What is returned is a tensor of type `float64` too.
# The texts inside the code are in English.

# %%
import math
from functools import partial

import torch
from torch.optim.lr_scheduler import OneCycleLR

from nflib import MLP, ActNorm, Flow, SplineCoupling, StandardNormal, fit
from nflib.bijections import initialise_actnorm
from nflib.course.check import check, hint, language, progress, solution

language("{{lang}}")

# %% [markdown] tags=["lang-es"]
# ## 1. Un acoplamiento afín (15 minutos)
#
# Sea $A$ el conjunto de las coordenadas en que la máscara `mask`, un tensor de ceros y
# unos de forma `(d,)`, vale 1, y $B$ el de las otras. El acoplamiento es
#
# $$
# x_A = z_A, \qquad x_i = z_i\, e^{s_i} + t_i \quad (i \in B),
# $$
#
# donde $s$ y $t$ dependen solo de $z_A$. La red es una función: `s, t = net(u)` da dos
# tensores de la forma de `u`, que es `(n, d)`. Usa todas las coordenadas que le lleguen y
# responde en todas; lo que no deba ver tiene que llegarle en cero.
# Complete tres funciones:
#
# - `forward(z, mask, net)`, que devuelve $x = f(z)$, y `inverse(x, mask, net)`, que
#   devuelve $z$, ambas de forma `(n, d)`;
# - `log_det(z, mask, net)`, que devuelve $\log|\det J_f(z)|$, de forma `(n,)`.
#
# Prediga: ¿cuántas veces hay que llamar a la red para invertir el acoplamiento?
#
# *Se revisa*, con máscaras de varias formas: que $x_A$ no cambie, los valores, que la
# inversa devuelva $z$ con error menor que $10^{-8}$ y no llame a la red más que lo
# necesario, y el determinante, contra el jacobiano automático.

# %% [markdown] tags=["lang-en"]
# ## 1. An affine coupling (15 minutes)
#
# Let $A$ be the set of coordinates at which the mask `mask`, a tensor of zeros and ones
# of shape `(d,)`, is 1, and $B$ that of the others. The coupling is
#
# $$
# x_A = z_A, \qquad x_i = z_i\, e^{s_i} + t_i \quad (i \in B),
# $$
#
# where $s$ and $t$ depend on $z_A$ only. The network is a function: `s, t = net(u)` gives
# two tensors of the shape of `u`, which is `(n, d)`. It uses all the coordinates that
# reach it and answers at all of them; what it must not see has to reach it as zero.
# Complete three functions:
#
# - `forward(z, mask, net)`, which returns $x = f(z)$, and `inverse(x, mask, net)`, which
#   returns $z$, both of shape `(n, d)`;
# - `log_det(z, mask, net)`, which returns $\log|\det J_f(z)|$, of shape `(n,)`.
#
# Predict: how often must the network be called to invert the coupling?
#
# *What is checked*, with masks of several forms: that $x_A$ does not change, the values,
# that the inverse returns $z$ with an error below $10^{-8}$ and calls the network no more
# often than it must, and the determinant, against the automatic Jacobian.


# %% question="e08.q1"
def forward(z, mask, net):
    """The points x = f(z) of an affine coupling."""
    ### BEGIN SOLUTION
    s, t = net(mask * z)
    return torch.where(mask == 1, z, z * torch.exp(s) + t)
    ### END SOLUTION


def inverse(x, mask, net):
    """The points z with f(z) = x."""
    ### BEGIN SOLUTION
    s, t = net(mask * x)
    return torch.where(mask == 1, x, (x - t) * torch.exp(-s))
    ### END SOLUTION


def log_det(z, mask, net):
    """log|det J_f(z)|, one value for each point."""
    ### BEGIN SOLUTION
    s, _ = net(mask * z)
    return s[:, mask == 0].sum(1)
    ### END SOLUTION


# %% points=2
check("e08.q1", forward, inverse, log_det)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** Alcanza con una llamada: como $x_A = z_A$, la red recibe a la vuelta lo mismo que a
# la ida y da los mismos $s$ y $t$; el resto es deshacer una suma y un producto. Por eso la red
# puede ser cualquiera. Con $A$ delante de $B$,
#
# $$
# J_f = \begin{pmatrix} I & 0 \\ * & \operatorname{diag}(e^{s_B}) \end{pmatrix},
# \qquad \log|\det J_f| = \sum_{i \in B} s_i .
# $$
#
# El bloque $*$ contiene las derivadas de la red y no interviene. Si se le da a la red el
# vector entero, $x_B$ depende de $z_B$ también por $s$ y $t$: el determinante es otro, y a la vuelta
# la red recibe $x_B$ donde había recibido $z_B$.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** One call is enough: as $x_A = z_A$, the network gets the same on the way back as on the
# way there, and gives the same $s$ and $t$; the rest is to undo a sum and a product. That is why
# the network can be any. With $A$ before $B$,
#
# $$
# J_f = \begin{pmatrix} I & 0 \\ * & \operatorname{diag}(e^{s_B}) \end{pmatrix},
# \qquad \log|\det J_f| = \sum_{i \in B} s_i .
# $$
#
# The block $*$ holds the derivatives of the network and plays no part. If the network is given
# the whole vector, $x_B$ depends on $z_B$ through $s$ and $t$ too: the determinant is another one,
# and on the way back the network gets $x_B$ where it had got $z_B$.

# %% [markdown] tags=["lang-es"]
# ## 2. Las máscaras de MADE (20 minutos)
#
# Una red con una capa oculta de $h$ unidades da, para cada coordenada $i$, un número que
# debe depender solo de las coordenadas anteriores en cierto orden. `order[i]` es el lugar de la
# coordenada $i$: un tensor con los números $1, \ldots, d$, en cualquier orden. Cada
# unidad oculta $k$ tiene un grado `m[k]`: puede depender de las coordenadas de los lugares
# $1, \ldots, m_k$. Los pesos de la red se multiplican por máscaras de ceros y unos: el
# camino de la coordenada $j$ a la unidad $k$ está abierto si $M^1_{kj} = 1$, y el de la
# unidad $k$ a la salida $i$, si $M^2_{ik} = 1$. Complete:
#
# - `degrees(h, d)`, los grados, de forma `(h,)`, para cualquier $h \ge d - 1$ y $d \ge 2$: ni
#   unidades inútiles ni grados útiles sin unidad;
# - `first_mask(order, m)`, que es $M^1$, de forma `(h, d)`;
# - `last_mask(order, m)`, que es $M^2$, de forma `(d, h)`.
#
# Las tres devuelven `float64`: `.double()` convierte enteros y booleanos.
#
# Prediga: en una de las dos máscaras la desigualdad es estricta. ¿En cuál? ¿Qué le pasaría a
# la verosimilitud si no lo fuera?
#
# *Se revisa*, con el orden natural y con otro sorteado: los grados, $M^1$, que por ningún
# camino una salida vea su propia coordenada ni las siguientes, y que vea todas las
# anteriores.

# %% [markdown] tags=["lang-en"]
# ## 2. The masks of MADE (20 minutes)
#
# A network with one hidden layer of $h$ units gives, for each coordinate $i$, a number that
# must depend only on the coordinates before it in some order. `order[i]` is the place of
# coordinate $i$: a tensor with the numbers $1, \ldots, d$, in any order. Each hidden unit
# $k$ has a degree `m[k]`: it may depend on the coordinates with the places
# $1, \ldots, m_k$. The weights of the network are multiplied by masks of zeros and ones: the
# path from coordinate $j$ to unit $k$ is open if $M^1_{kj} = 1$, and that from unit $k$ to
# output $i$ if $M^2_{ik} = 1$. Complete:
#
# - `degrees(h, d)`, the degrees, of shape `(h,)`, for any $h \ge d - 1$ and $d \ge 2$: neither
#   useless units nor useful degrees without a unit;
# - `first_mask(order, m)`, which is $M^1$, of shape `(h, d)`;
# - `last_mask(order, m)`, which is $M^2$, of shape `(d, h)`.
#
# All three return `float64`: `.double()` converts integers and booleans.
#
# Predict: in one of the two masks the inequality is strict. In which? What would happen to
# the likelihood if it were not?
#
# *What is checked*, with the natural order and with another one drawn at random: the
# degrees, $M^1$, that by no path an output sees its own coordinate or later ones, and that
# it sees all earlier ones.


# %% question="e08.q2"
def degrees(h, d):
    """The degrees of h hidden units, spread over the useful values."""
    ### BEGIN SOLUTION
    return (torch.arange(h) % (d - 1) + 1).double()
    ### END SOLUTION


def first_mask(order, m):
    """Which coordinates each hidden unit sees, shape (h, d)."""
    ### BEGIN SOLUTION
    return (m[:, None] >= order).double()
    ### END SOLUTION


def last_mask(order, m):
    """Which hidden units each output sees, shape (d, h)."""
    ### BEGIN SOLUTION
    return (order[:, None] > m).double()
    ### END SOLUTION


# %% points=2
check("e08.q2", degrees, first_mask, last_mask)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** La unidad $k$ resume las coordenadas de los lugares $1, \ldots, m_k$, incluida la
# $m_k$: $M^1_{kj} = 1$ si $m_k \ge o_j$, donde $o_j$ es el lugar de la coordenada $j$. La salida $i$
# puede usar las unidades que no vieron su lugar: $M^2_{ik} = 1$ si $o_i > m_k$. Un camino de $j$ a $i$
# pide $o_j \le m_k < o_i$, así que $o_j < o_i$; y existe para todo par así, porque hay una unidad
# con $m_k = o_j$, que está entre 1 y $d - 1$.
#
# La desigualdad estricta va a la salida. Con $o_i \ge m_k$ la salida $i$ ve $x_i$: la red puede tomar
# $\mu_i = x_i$ y $\sigma_i$ tan chica como quiera, y la «verosimilitud» crece sin cota. No es la
# de ninguna densidad, porque la función ya no es triangular y su determinante no es el
# producto que se usa. Una unidad de grado $d$ no puede conectarse a ninguna salida.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** Unit $k$ sums up the coordinates with the places $1, \ldots, m_k$, place
# $m_k$ included: $M^1_{kj} = 1$ if $m_k \ge o_j$, where $o_j$ is the place of coordinate $j$. Output $i$
# may use the units that have not seen its place: $M^2_{ik} = 1$ if $o_i > m_k$. A path from $j$ to $i$
# needs $o_j \le m_k < o_i$, so $o_j < o_i$; and it exists for every such pair, since there is a unit
# with $m_k = o_j$, which is between 1 and $d - 1$.
#
# The strict inequality belongs to the output. With $o_i \ge m_k$ output $i$ sees $x_i$: the network can
# take $\mu_i = x_i$ and $\sigma_i$ as small as it likes, and the “likelihood” grows without bound. It is
# that of no density, since the map is no longer triangular and its determinant is not the
# product that is used. A unit of degree $d$ cannot be connected to any output.

# %% [markdown] tags=["lang-es"]
# ## 3. Evaluar y simular un MAF (20 minutos)
#
# Ahora la red ya tiene sus máscaras, y el orden es el natural: `t, s = net(x)` da dos
# tensores de la forma de `x`, que es `(n, d)`, y su columna $i$ depende solo de las
# columnas de `x` anteriores a la $i$. El modelo es
#
# $$
# x_i = t_i(x_{<i}) + e^{s_i(x_{<i})}\, z_i, \qquad z \sim \mathcal N(0, I).
# $$
#
# Complete `log_prob(x, net)`, de forma `(n,)`, y `sample(z, net)`, que lleva los $z$, de
# forma `(n, d)`, a los $x$.
#
# Prediga: ¿cuántas llamadas a la red necesita cada función si $d = 6$?
#
# *Se revisa*, con $d = 1$, 3 y 6: la densidad, contra el producto de las condicionales; las
# muestras; y la cantidad de llamadas, una sola para la densidad y no más de $d$ para las muestras.

# %% [markdown] tags=["lang-en"]
# ## 3. To evaluate and to sample a MAF (20 minutes)
#
# Now the network has its masks already, and the order is the natural one: `t, s = net(x)`
# gives two tensors of the shape of `x`, which is `(n, d)`, and their column $i$ depends only
# on the columns of `x` before the $i$-th. The model is
#
# $$
# x_i = t_i(x_{<i}) + e^{s_i(x_{<i})}\, z_i, \qquad z \sim \mathcal N(0, I).
# $$
#
# Complete `log_prob(x, net)`, of shape `(n,)`, and `sample(z, net)`, which takes the $z$, of
# shape `(n, d)`, to the $x$.
#
# Predict: how many calls of the network does each function need if $d = 6$?
#
# *What is checked*, with $d = 1$, 3 and 6: the density, against the product of the
# conditionals; the samples; and the number of calls, one for the density and no more than $d$ for the samples.


# %% question="e08.q3"
def log_prob(x, net):
    """log p(x) of the model, one value for each point."""
    ### BEGIN SOLUTION
    t, s = net(x)
    z = (x - t) * torch.exp(-s)
    return (-(z**2) / 2 - s - math.log(2 * math.pi) / 2).sum(1)
    ### END SOLUTION


def sample(z, net):
    """The points x to which the points z go."""
    ### BEGIN SOLUTION
    x = torch.zeros_like(z)
    for _ in range(z.shape[1]):
        t, s = net(x)
        x = t + torch.exp(s) * z
    return x
    ### END SOLUTION


# %% points=2
check("e08.q3", log_prob, sample)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** Evaluar pide una llamada: $x$ se conoce entero, y con él todos los $t_i$ y $s_i$. El
# jacobiano de $x \mapsto z$ es triangular con diagonal $e^{-s_i}$, de donde $-\sum_i s_i$.
#
# Para simular hacen falta $d$: la primera llamada da $t_1$ y $s_1$, que no dependen de nada,
# y con ellos $x_1$; la segunda da $x_2$, y así. La solución recalcula todas las columnas en cada
# vuelta, en lugar de llenar una: después de la vuelta $k$ las primeras $k$ ya son correctas y las
# otras se corregirán. Con una sola llamada las dependencias se pierden, y con `net(z)` se
# simula otro modelo, el IAF, en el que cada $x_i$ depende de los $z$ anteriores.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** To evaluate takes one call: the whole of $x$ is known, and with it all $t_i$ and $s_i$. The
# Jacobian of $x \mapsto z$ is triangular with diagonal $e^{-s_i}$, hence $-\sum_i s_i$.
#
# To sample takes $d$: the first call gives $t_1$ and $s_1$, which depend on nothing, and with
# them $x_1$; the second gives $x_2$, and so on. The solution recomputes all columns in each turn,
# instead of filling in one: after turn $k$ the first $k$ are right already and the others
# will be corrected. With a single call the dependences are lost, and with `net(z)` another
# model is sampled, IAF, in which each $x_i$ depends on the $z$ before it.

# %% [markdown] tags=["lang-es"]
# ## 4. Un tramo de spline (25 minutos)
#
# Un tramo lleva $[0, w]$ en $[0, h]$ con pendientes $d_0$ y $d_1$ en los extremos, todos
# números positivos. Con $\xi = x / w$ y la pendiente media $\rho = h / w$,
#
# $$
# g(x) = h\,\frac{\rho\,\xi^2 + d_0\,\xi(1 - \xi)}
#                {\rho + (d_0 + d_1 - 2 \rho)\,\xi(1 - \xi)} .
# $$
#
# Complete tres funciones de un tensor de números, de forma `(n,)`; `w`, `h`, `d0` y `d1`
# son números de Python:
#
# - `spline(x, w, h, d0, d1)`, que es $g$;
# - `slope(x, w, h, d0, d1)`, que es $g'$ (no su logaritmo), a mano o por derivación automática;
# - `inverse(y, w, h, d0, d1)`, que es $g^{-1}$: despejar $\xi$ lleva a una ecuación cuadrática
#   (otro método sirve, si da las mismas cifras).
#
# Prediga: ¿qué función es $g$ si $d_0 = d_1 = \rho$? ¿Cuánto vale entonces el coeficiente
# de $\xi^2$ en su ecuación cuadrática?
#
# *Se revisa*, en varios tramos: los extremos, los valores, la pendiente, la inversa con error
# menor que $10^{-8}$, y la inversa cuando el tramo es una recta o casi.

# %% [markdown] tags=["lang-en"]
# ## 4. One bin of a spline (25 minutes)
#
# A bin takes $[0, w]$ to $[0, h]$ with slopes $d_0$ and $d_1$ at its ends, all of them
# positive numbers. With $\xi = x / w$ and the mean slope $\rho = h / w$,
#
# $$
# g(x) = h\,\frac{\rho\,\xi^2 + d_0\,\xi(1 - \xi)}
#                {\rho + (d_0 + d_1 - 2 \rho)\,\xi(1 - \xi)} .
# $$
#
# Complete three functions of a tensor of numbers, of shape `(n,)`; `w`, `h`, `d0` and `d1`
# are Python numbers:
#
# - `spline(x, w, h, d0, d1)`, which is $g$;
# - `slope(x, w, h, d0, d1)`, which is $g'$ (not its logarithm), by hand or by automatic differentiation;
# - `inverse(y, w, h, d0, d1)`, which is $g^{-1}$: to solve for $\xi$ leads to a quadratic equation
#   (another method will do, if it gives the same digits).
#
# Predict: which function is $g$ if $d_0 = d_1 = \rho$? What is then the coefficient of
# $\xi^2$ in your quadratic equation?
#
# *What is checked*, on several bins: the ends, the values, the slope, the inverse with an
# error below $10^{-8}$, and the inverse where the bin is a straight line or nearly so.


# %% question="e08.q4"
def spline(x, w, h, d0, d1):
    """The value g(x) of one bin of a monotone rational-quadratic spline."""
    ### BEGIN SOLUTION
    rho, xi = h / w, x / w
    both = xi * (1 - xi)
    top = h * (rho * xi**2 + d0 * both)
    return top / (rho + (d0 + d1 - 2 * rho) * both)
    ### END SOLUTION


def slope(x, w, h, d0, d1):
    """The derivative g'(x)."""
    ### BEGIN SOLUTION
    rho, xi = h / w, x / w
    rest = 1 - xi
    top = d1 * xi**2 + 2 * rho * xi * rest + d0 * rest**2
    return rho**2 * top / (rho + (d0 + d1 - 2 * rho) * xi * rest) ** 2
    ### END SOLUTION


def inverse(y, w, h, d0, d1):
    """The x with g(x) = y."""
    ### BEGIN SOLUTION
    rho = h / w
    bend = (d0 + d1 - 2 * rho) * y
    a, b = h * (rho - d0) + bend, h * d0 - bend
    root = torch.sqrt(b**2 + 4 * a * rho * y)
    return w * 2 * rho * y / (b + root)
    ### END SOLUTION


# %% points=3
check("e08.q4", spline, slope, inverse)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** Al multiplicar $y = g(x)$ por el denominador queda $a\,\xi^2 + b\,\xi + c = 0$ con
#
# $$
# a = h(\rho - d_0) + y\,(d_0 + d_1 - 2\rho), \qquad
# b = h\,d_0 - y\,(d_0 + d_1 - 2\rho), \qquad c = -\rho\,y .
# $$
#
# De las dos raíces, la que está en $[0, 1]$ es $\xi = \frac{-b + \sqrt{b^2 - 4ac}}{2a}$. Si
# $d_0 = d_1 = \rho$ el tramo es una recta, $a = 0$ y esa fórmula da $0/0$; cerca de ahí resta dos
# números casi iguales. Al multiplicar numerador y denominador por $b + \sqrt{b^2 - 4ac}$ se obtiene
# $\xi = \frac{-2c}{b + \sqrt{b^2 - 4ac}}$, que nunca divide por $a$. No alcanza con que un flujo sea
# invertible: su inversa tiene que ser exacta también en los casos en que la capa casi no hace nada,
# y así empieza todo entrenamiento.
#
# La pendiente es positiva porque el numerador suma términos positivos: por eso la spline es monótona
# con cualesquiera $w, h, d_0, d_1 > 0$, y la red puede elegirlos sin restricciones.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** Multiplying $y = g(x)$ by the denominator leaves $a\,\xi^2 + b\,\xi + c = 0$ with
#
# $$
# a = h(\rho - d_0) + y\,(d_0 + d_1 - 2\rho), \qquad
# b = h\,d_0 - y\,(d_0 + d_1 - 2\rho), \qquad c = -\rho\,y .
# $$
#
# Of the two roots the one in $[0, 1]$ is $\xi = \frac{-b + \sqrt{b^2 - 4ac}}{2a}$. If
# $d_0 = d_1 = \rho$ the bin is a straight line, $a = 0$ and that formula gives $0/0$; close to it, it
# subtracts two nearly equal numbers. Multiplying above and below by $b + \sqrt{b^2 - 4ac}$ gives
# $\xi = \frac{-2c}{b + \sqrt{b^2 - 4ac}}$, which never divides by $a$. It is not enough for a flow to be
# invertible: its inverse has to be exact also where the layer does almost nothing, and that is how
# all training starts.
#
# The slope is positive since its numerator adds positive terms: so the spline is monotone for any
# $w, h, d_0, d_1 > 0$, and the network may choose them without restriction.

# %% [markdown] tags=["lang-es"]
# ## 5. El límite de NICE, y más allá (30 minutos)
#
# **Primero, con lápiz.** Los datos son $\mathcal N(0, \Sigma)$ en $\mathbb R^d$ y la base es $\mathcal N(0, I)$. Una
# composición de acoplamientos aditivos y permutaciones conserva el volumen: si es lineal,
# $q = \mathcal N(0, S)$ con $\det S = 1$. Complete `best_kl(covariance)`, el menor valor
# posible de $\mathrm{KL}(p \,\|\, q)$ entre esas gaussianas, en nats: un solo número, para cualquier
# $d$. Recuerde que
#
# $$
# \mathrm{KL}\big(\mathcal N(0, \Sigma) \,\|\, \mathcal N(0, S)\big)
# = \tfrac12 \big[ \operatorname{tr}(S^{-1} \Sigma) - d + \log\det S - \log\det \Sigma \big].
# $$
#
# **Después, con un flujo.** Complete `learn(x, points)`: ajusta un flujo de base $\mathcal N(0, I)$ a
# los datos `x`, de forma `(4000, 2)`, y devuelve una tabla de forma `(n, 3)`: los códigos $z$ de los
# puntos `points`, de forma `(n, 2)`, y en la tercera columna $\log q$. Elija usted las capas, el ancho,
# los pasos y la tasa de aprendizaje; `nflib` está a su disposición, y `flow.double()` pasa un flujo
# a `float64`. O escriba el suyo: sirve cualquier flujo, y no otro estimador de la densidad. Los datos son
# dos lunas deformadas por una función afín; su densidad se conoce, y con ella se mide.
#
# Prediga: ¿en qué dirección debe estirarse la base si $\Sigma = \operatorname{diag}(4, 1)$? ¿Cuánto se pierde?
#
# *Se revisa:* el límite, con covarianzas sorteadas; que $q$ sea la densidad de la base en los códigos
# por el volumen, medido por diferencias; que integre 1; que $\mathrm{KL}(p \,\|\, q) < 0.14$ nats en datos
# nuevos, y que sus códigos parezcan entonces normales. Entrenar lleva unos segundos, dentro de `check`.
# ¿Hasta dónde puede bajar usted?

# %% [markdown] tags=["lang-en"]
# ## 5. The limit of NICE, and beyond (30 minutes)
#
# **First, with a pencil.** The data are $\mathcal N(0, \Sigma)$ in $\mathbb R^d$ and the base is $\mathcal N(0, I)$. A
# composition of additive couplings and permutations preserves volume: if it is linear,
# $q = \mathcal N(0, S)$ with $\det S = 1$. Complete `best_kl(covariance)`, the least possible
# value of $\mathrm{KL}(p \,\|\, q)$ among those Gaussians, in nats: a single number, for any
# $d$. Recall that
#
# $$
# \mathrm{KL}\big(\mathcal N(0, \Sigma) \,\|\, \mathcal N(0, S)\big)
# = \tfrac12 \big[ \operatorname{tr}(S^{-1} \Sigma) - d + \log\det S - \log\det \Sigma \big].
# $$
#
# **Then, with a flow.** Complete `learn(x, points)`: it fits a flow with base $\mathcal N(0, I)$ to the
# data `x`, of shape `(4000, 2)`, and returns a table of shape `(n, 3)`: the codes $z$ of the points
# `points`, of shape `(n, 2)`, and in the third column $\log q$. You choose the layers, the width, the
# steps and the learning rate; `nflib` is at your disposal, and `flow.double()` takes a flow to
# `float64`. Or write your own: any flow will do, and no other estimate of the density. The data are two
# moons deformed by an affine map; their density is known, and serves to measure.
#
# Predict: in which direction must the base be stretched if $\Sigma = \operatorname{diag}(4, 1)$? How much is lost?
#
# *What is checked:* the limit, with covariances drawn at random; that $q$ is the density of the base at the
# codes times the volume, measured by differences; that it integrates to 1; that
# $\mathrm{KL}(p \,\|\, q) < 0.14$ nats on new data, and that their codes then look normal. To train takes
# some seconds, inside `check`. How far down can you get?


# %% question="e08.q5"
def best_kl(covariance):
    """The least KL(p || q) in nats for p = N(0, covariance), det S = 1."""
    ### BEGIN SOLUTION
    d = len(covariance)
    log_volume = torch.logdet(covariance)
    return (d * torch.exp(log_volume / d) - d - log_volume) / 2
    ### END SOLUTION


def learn(x, points):
    """Codes of the points, and log q, of a flow fitted to the data x."""
    ### BEGIN SOLUTION
    g = torch.Generator().manual_seed(0)
    mask = torch.tensor([True, False])
    first = SplineCoupling(mask, MLP(1, 23, generator=g))
    second = SplineCoupling(~mask, MLP(1, 23, generator=g))
    flow = Flow(StandardNormal(2), first, second, ActNorm(2)).double()
    initialise_actnorm(flow.bijection, x)
    cycle = partial(OneCycleLR, max_lr=0.01, total_steps=400)
    fit(flow, x, steps=400, scheduler=cycle, generator=g, progress=False)
    codes, log_q = flow.to_latent(points), flow.log_prob(points)
    return torch.cat([codes, log_q[:, None]], dim=1)
    ### END SOLUTION


# %% points=4
check("e08.q5", best_kl, learn)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** Con $\det S = 1$ solo queda elegir la traza. Los valores propios de $S^{-1}\Sigma$ son
# positivos y su producto es $\det\Sigma$; por la desigualdad entre las medias, su suma no
# baja de $d\,(\det\Sigma)^{1/d}$, y la alcanza $S = \Sigma / (\det\Sigma)^{1/d}$. Entonces
#
# $$
# \mathrm{KL} = \tfrac{d}{2}\big[ v - 1 - \log v \big], \qquad v = (\det\Sigma)^{1/d},
# $$
#
# que solo es cero si $v = 1$: la forma se aprende, el volumen no. Para $\Sigma = \operatorname{diag}(4, 1)$ se estira
# la primera coordenada y se encoge la segunda, $S = \operatorname{diag}(2, \frac12)$, y se pierden
# $2 - 1 - \ln 2 = 0.3069$ nats. NICE lo remedia con una última capa diagonal que escala.
#
# En las lunas, dos acoplamientos de spline bastan: uno por coordenada. La base se estira en
# unas regiones y se comprime en otras, y eso es lo que a un flujo que conserva el volumen le falta.
# La solución queda en unos 0.03 nats. Si una coordenada no cambia nunca, su marginal sigue siendo una
# gaussiana, y eso solo ya cuesta 0.142 o 0.147 nats, según cuál: por eso la cota es 0.14. Mida siempre en
# datos nuevos.
#
# La divergencia es la misma entre los códigos de los datos y la base; por la desigualdad de Pinsker ninguna
# probabilidad difiere en más de $\sqrt{\mathrm{KL}/2}$, y eso es lo que se les pide a los códigos.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** With $\det S = 1$ only the trace is left to choose. The eigenvalues of $S^{-1}\Sigma$ are
# positive and their product is $\det\Sigma$; by the inequality of the means their sum is not below
# $d\,(\det\Sigma)^{1/d}$, and $S = \Sigma / (\det\Sigma)^{1/d}$ reaches it. Then
#
# $$
# \mathrm{KL} = \tfrac{d}{2}\big[ v - 1 - \log v \big], \qquad v = (\det\Sigma)^{1/d},
# $$
#
# which is zero only if $v = 1$: the shape is learned, the volume is not. For $\Sigma = \operatorname{diag}(4, 1)$ the
# first coordinate is stretched and the second shrunk, $S = \operatorname{diag}(2, \frac12)$, and
# $2 - 1 - \ln 2 = 0.3069$ nats are lost. NICE mends it by a last diagonal layer that scales.
#
# On the moons two spline couplings are enough: one for each coordinate. The base is stretched in
# some regions and compressed in others, and that is what a volume-preserving flow lacks.
# The solution ends at about 0.03 nats. If a coordinate never changes, its marginal stays a Gaussian,
# and that alone costs 0.142 or 0.147 nats, depending on which: hence the bar of 0.14. Always measure on
# new data.
#
# The divergence is the same between the codes of the data and the base; by Pinsker's inequality no
# probability differs by more than $\sqrt{\mathrm{KL}/2}$, and that is what is asked of the codes.

# %% [markdown] tags=["lang-es"]
# ## 6. Encuentre el error: la masa que sobra (10 minutos)
#
# Un flujo lleva $z \sim \mathcal N(0, I)$ a $x$ por los acoplamientos de la pregunta 1, en el orden de
# la lista `layers`, de pares `(mask, net)`. La función `reported(x, layers)` debería dar $\log q(x)$. Tiene un
# solo error. Con redes nulas la masa que informa es 1, como debe ser; con redes cualesquiera, no.
#
# Diga en `line` el número del renglón (un entero), y escriba en `log_q` la función corregida.
#
# Prediga: ¿qué error de este programa dejaría la masa en 1 y sería igual de grave?
#
# *Se revisa:* el renglón, y `log_q` con $d = 2$ y 3 y varias capas, contra el jacobiano automático.

# %% [markdown] tags=["lang-en"]
# ## 6. Find the mistake: the mass that is too much (10 minutes)
#
# A flow takes $z \sim \mathcal N(0, I)$ to $x$ by the couplings of question 1, in the order of the
# list `layers`, of pairs `(mask, net)`. The function `reported(x, layers)` should give $\log q(x)$. It has a
# single mistake. With networks that are zero the mass that it reports is 1, as it must be; with any networks, not.
#
# Give in `line` the number of the line (an integer), and write the mended function in `log_q`.
#
# Predict: which mistake in this program would leave the mass at 1 and be just as bad?
#
# *What is checked:* the line, and `log_q` with $d = 2$ and 3 and several layers, against the automatic Jacobian.


# %%
def reported(x, layers):
    """What the program claims is log q(x), one value for each point."""
    log_det = 0.0  # 1
    for mask, net in reversed(layers):  # 2
        s, t = net((1 - mask) * x)  # 3
        moved = (x - t) * torch.exp(-s)  # 4
        x = mask * x + (1 - mask) * moved  # 5
        log_det = log_det - ((1 - mask) * s).sum(1)  # 6
    return log_det - (x**2 + math.log(2 * math.pi)).sum(1) / 2  # 7


def network(size, seed):
    g = torch.Generator().manual_seed(seed)
    W = size * torch.randn(2, 2, 2, generator=g).double()
    return lambda u: (torch.tanh(u @ W[0]), torch.sin(u @ W[1]))


side = torch.linspace(-9, 9, 601).double()
grid = torch.cartesian_prod(side, side)
for size in (0, 0.5, 1):
    masks = torch.eye(2).double()
    layers = [(mask, network(size, k)) for k, mask in enumerate(masks)]
    mass = reported(grid, layers).exp().sum() * (side[1] - side[0]) ** 2
    print(f"networks of size {size}: mass {mass:.3f}")


# %% question="e08.q6"
### BEGIN SOLUTION
line = 3
### END SOLUTION


def log_q(x, layers):
    """log q(x) of the flow of these couplings, one value for each point."""
    ### BEGIN SOLUTION
    log_det = 0.0
    for mask, net in reversed(layers):
        s, t = net(mask * x)
        moved = (x - t) * torch.exp(-s)
        x = mask * x + (1 - mask) * moved
        log_det = log_det - ((1 - mask) * s).sum(1)
    return log_det - (x**2 + math.log(2 * math.pi)).sum(1) / 2
    ### END SOLUTION


# %% points=2
check("e08.q6", line, log_q)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** En el renglón 3 la red ve las coordenadas que se mueven. Entonces $z_i = (x_i - t(x_i))\,e^{-s(x_i)}$:
# su derivada no es $e^{-s}$, porque $s$ y $t$ también cambian con $x_i$, y ni siquiera tiene por qué ser
# creciente. Lo que se suma no es el logaritmo de ningún determinante, y la masa lo delata. Tampoco se puede volver:
# para calcular $s$ y $t$ habría que conocer ya el resultado.
#
# Un error que la masa no ve: recorrer las capas sin invertir el orden. Es la densidad de *otro* flujo, legítimo, que no
# es el que simula. Lo ve la ida y vuelta, o comparar con muestras.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** In line 3 the network sees the coordinates that move. Then $z_i = (x_i - t(x_i))\,e^{-s(x_i)}$: its
# derivative is not $e^{-s}$, since $s$ and $t$ change with $x_i$ too, and it need not even be
# increasing. What is added up is the logarithm of no determinant, and the mass gives it away. Nor can one go back:
# to compute $s$ and $t$ the result would have to be known already.
#
# A mistake that the mass does not see: to go through the layers without reversing their order. It is the density of
# *another* flow, a legitimate one, which is not the one that samples. The round trip sees it, or a comparison with
# samples.

# %% [markdown] tags=["lang-es"]
# ## 7. En papel: la coordenada que nunca se mueve (10 minutos)
#
# Un flujo de base $\mathcal N(0, I)$ en el plano apila cuantos acoplamientos se quiera, con las redes que se
# quiera y cualquier función escalar, pero todos con la misma máscara: $x_1$ pasa y $x_2$ se mueve. Sea $p$ la
# densidad de los datos, $p_1$ la de su primera coordenada y $q$ la del flujo. Demuestre que
#
# $$
# \mathrm{KL}(p \,\|\, q) \;\ge\; \mathrm{KL}\big(p_1 \,\|\, \mathcal N(0, 1)\big) ,
# $$
#
# calcule la cota si $X_1$ es uniforme en $(-\sqrt 3, \sqrt 3)$, que tiene media 0 y varianza 1, y diga qué paso deja de
# valer si las máscaras se alternan. Escriba en `proof`, entre comillas triples.
#
# Prediga: ¿cambia la cota si se agregan capas?
#
# *Se revisa:* que haya un texto. Lo corrige una persona, o usted, con los criterios que muestra `check`.

# %% [markdown] tags=["lang-en"]
# ## 7. On paper: the coordinate that never moves (10 minutes)
#
# A flow with base $\mathcal N(0, I)$ in the plane stacks as many couplings as one likes, with any networks and any
# scalar function, but all with the same mask: $x_1$ passes and $x_2$ moves. Let $p$ be the
# density of the data, $p_1$ that of their first coordinate and $q$ that of the flow. Prove that
#
# $$
# \mathrm{KL}(p \,\|\, q) \;\ge\; \mathrm{KL}\big(p_1 \,\|\, \mathcal N(0, 1)\big) ,
# $$
#
# compute the bound if $X_1$ is uniform on $(-\sqrt 3, \sqrt 3)$, with mean 0 and variance 1, and say which step fails
# if the masks alternate. Write in `proof`, between triple quotes.
#
# Predict: does the bound change if layers are added?
#
# *What is checked:* that there is a text. A person marks it, or you yourself, with the criteria that `check` shows.

# %% question="e08.q7"
### BEGIN SOLUTION
proof = """
Each layer gives back x_1 as it came, so after all of them x_1 = z_1: the
first marginal of q is N(0, 1), whatever the networks and however many layers.
Write p(x) = p_1(x_1) p(x_2 | x_1) and q(x) = q_1(x_1) q(x_2 | x_1). Taking
E_p of the logarithm of the ratio,
KL(p || q) = KL(p_1 || q_1) + E[KL(p(. | X_1) || q(. | X_1))],
and the second term is not negative, since it is a mean of divergences.
For the uniform: log p_1 = -log(2 sqrt 3), and minus E log N(X_1; 0, 1) is
log(2 pi)/2 + E[X_1^2]/2 = log(2 pi)/2 + 1/2. So KL = 1.419 - 1.242 = 0.176.
With alternating masks a layer moves x_1 as well: x_1 = z_1 fails, and the
first marginal of q can be another one.
"""
### END SOLUTION

# %% points=3
check("e08.q7", proof)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** Toda la pila conserva $x_1 = z_1$, así que $q_1 = \mathcal N(0, 1)$. La regla de la cadena parte la
# divergencia en la de las marginales y la media de las condicionales, que no es negativa. Para la uniforme queda
# $\tfrac12 \ln 2\pi + \tfrac12 - \ln 2\sqrt 3 = 0.176$ nats: igualar media y varianza no alcanza. La cota no
# depende de las capas ni de las redes; es la misma cuenta que fija el 0.14 de la pregunta 5. Si las máscaras se
# alternan, falla el primer paso, y solo ese.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** The whole stack keeps $x_1 = z_1$, so $q_1 = \mathcal N(0, 1)$. The chain rule splits the
# divergence into that of the marginals and the mean of that of the conditionals, which is not negative. For the uniform
# $\tfrac12 \ln 2\pi + \tfrac12 - \ln 2\sqrt 3 = 0.176$ nats are left: to match mean and variance is not enough. The
# bound depends neither on layers nor on networks; it is the calculation that sets the 0.14 of question 5. If the masks
# alternate, the first step fails, and only that one.
