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
# # Soluciones 3. Determinantes y volúmenes
#
# Las respuestas del cuaderno de ejercicios, cada una con su porqué.
# Conviene abrirlas después del segundo intento, no antes del primero.

# %% [markdown] tags=["lang-en", "solution"]
# # Solutions 3. Determinants and volumes
#
# The answers to the exercise notebook, each with its reason.
# They are best opened after the second attempt, not before the first.

# %% [markdown] tags=["lang-es", "exercise"]
# # Ejercicios 3. Determinantes y volúmenes
#
# Seis preguntas: cuatro funciones, una cuenta con datos propios y una demostración;
# unos 90 minutos en total. Usted aprenderá a medir el área de la imagen de un cuadrado,
# a escribir la densidad de $X = AZ$, y a calcular $\ln|\det A|$ sin que desborde y sin
# armar matrices que no hacen falta.
#
# **Cómo se trabaja.** Cada pregunta tiene una celda en la que falta algo.
# Reemplace `raise NotImplementedError` por su código, o los tres puntos `...` por
# su respuesta; ejecute la celda y luego la que llama a `check`. Esta da un
# veredicto y, si algo no se cumple, una pista. Puede probar tantas veces como quiera.
#
# Antes de probar, `hint("e03.q1")` da una pista y hay tres por pregunta;
# `progress()` muestra lo que lleva hecho.

# %% [markdown] tags=["lang-es"]
# **Convenciones.** Salvo aviso, los tensores son de tipo `float64`. El primer
# índice numera los datos: `(n, 2)` son $n$ puntos del plano, uno por fila, y
# `(n, 2, 2)` son $n$ matrices. Los textos dentro del código están en inglés.

# %% [markdown] tags=["lang-en", "exercise"]
# # Exercises 3. Determinants and volumes
#
# Six questions: four functions, a computation with data of your own and a proof;
# about 90 minutes in all. You will learn to measure the area of the image of a square, to write
# the density of $X = AZ$, and to compute $\ln|\det A|$ without overflow and
# without building matrices that are not needed.
#
# **How to work.** Each question has a cell in which something is missing. Replace
# `raise NotImplementedError` by your code, or the ellipsis `...` by your answer; run
# the cell and then the one that calls `check`. It gives a verdict and, if something
# does not hold, a hint. You may try as often as you like.
#
# Before trying, `hint("e03.q1")` gives a hint, and there are three for each question;
# `progress()` shows what you have done.

# %% [markdown] tags=["lang-en"]
# **Conventions.** Unless stated otherwise, tensors are of type `float64`. The
# first index numbers the data: `(n, 2)` are $n$ points of the plane, one a
# row, and `(n, 2, 2)` are $n$ matrices.

# %%
import math

import torch

from nflib.course.check import check, hint, language, progress, solution
from nflib.course.check.variants import variant

language("{{lang}}")

# The corners of the unit square, in the order of a walk around it
SQUARE = torch.tensor([[0, 0], [1, 0], [1, 1], [0, 1]], dtype=torch.float64)


def normal_density(z):
    """Density of N(0, I) in the plane at the points z, shape (n, 2)."""
    return torch.exp(-(z**2).sum(1) / 2) / (2 * math.pi)


# %% [markdown] tags=["lang-es"]
# ## 1. El área, desde los vértices (15 minutos)
#
# Una matriz $A$ de 2×2 lleva el cuadrado unidad a un paralelogramo. Complete
# dos funciones que midan su área *sin usar determinantes*:
#
# - `corners(A)` recibe $n$ matrices, forma `(n, 2, 2)`, y devuelve las
#   imágenes de los cuatro vértices en el orden de `SQUARE`, forma `(n, 4, 2)`;
# - `area(vertices)` recibe $n$ cuadriláteros convexos cualesquiera, cada uno
#   con sus vértices en el orden de un recorrido, en un sentido o en el otro,
#   forma `(n, 4, 2)`, y devuelve sus áreas, forma `(n,)`.
#
# Para el área sirve la *fórmula del cordón*: con vértices $(x_k, y_k)$ y el último
# seguido otra vez por el primero, la suma $\sum_k (x_k y_{k+1} - y_k x_{k+1})$ es
# el doble del área con signo.
#
# Prediga: si se intercambian las columnas de $A$, ¿qué cambia en el recorrido?
#
# *Se revisa:* los vértices de 50 matrices; que el área no sea negativa; que
# mida lo mismo que el producto cruzado de las columnas en 1000 matrices; que
# no dependa de dónde está la figura; otros cuadriláteros; que no tome ningún
# determinante de PyTorch.

# %% [markdown] tags=["lang-en"]
# ## 1. The area, from the corners (15 minutes)
#
# A 2×2 matrix $A$ takes the unit square to a parallelogram. Complete two
# functions that measure its area *without determinants*:
#
# - `corners(A)` takes $n$ matrices, shape `(n, 2, 2)`, and returns the
#   images of the four corners in the order of `SQUARE`, shape `(n, 4, 2)`;
# - `area(vertices)` takes $n$ arbitrary convex quadrilaterals, each with its
#   vertices in the order of a walk around it, in one direction or the other,
#   shape `(n, 4, 2)`, and returns their areas, shape `(n,)`.
#
# The *shoelace formula* gives the area: with vertices $(x_k, y_k)$ and the last
# followed by the first again, the sum $\sum_k (x_k y_{k+1} - y_k x_{k+1})$ is
# twice the area with a sign.
#
# Predict: if the columns of $A$ are exchanged, what changes in the walk?
#
# *What is checked:* the corners of 50 matrices; that the area is not negative;
# that it is the cross product of the columns for 1000 matrices; that it does
# not depend on where the figure is; other quadrilaterals; that it takes no
# determinant of PyTorch.

# %% question="e03.q1"
def corners(A):
    """The images of the corners of the unit square, shape (n, 4, 2)."""
    ### BEGIN SOLUTION
    return SQUARE @ A.mT  # points are rows: (A z)^T = z^T A^T
    ### END SOLUTION


def area(vertices):
    """The areas of n convex quadrilaterals, shape (n,)."""
    ### BEGIN SOLUTION
    following = vertices.roll(-1, dims=1)
    x, y = vertices.unbind(2)
    next_x, next_y = following.unbind(2)
    return torch.abs((x * next_y - y * next_x).sum(1)) / 2
    ### END SOLUTION


# %% points=2
check("e03.q1", corners, area)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** Las columnas de $A$ son las imágenes de $(1, 0)$ y $(0, 1)$, y su
# suma es la de $(1, 1)$. Con los puntos en filas, $A\mathbf z$ se escribe
# $\mathbf z^\top A^\top$: de ahí `A.mT`.
#
# Cada término $x_k y_{k+1} - y_k x_{k+1}$ es el doble del área, con signo, del
# triángulo que forma un lado con el origen. Los triángulos recorridos en sentido
# contrario se restan y queda la figura, esté donde esté el origen. Si se
# intercambian las columnas, el recorrido cambia de sentido y la suma cambia de
# signo: eso es el signo del determinante. El área es su valor absoluto.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** The columns of $A$ are the images of $(1, 0)$ and $(0, 1)$, and their
# sum is that of $(1, 1)$. With points as rows, $A\mathbf z$ is written
# $\mathbf z^\top A^\top$: hence `A.mT`.
#
# Each term $x_k y_{k+1} - y_k x_{k+1}$ is twice the area, with a sign, of the
# triangle that a side forms with the origin. Triangles walked in the opposite
# direction are subtracted and the figure remains, wherever the origin is. If
# the columns are exchanged, the walk turns round and the sum changes sign:
# that is the sign of the determinant. The area is its absolute value.

# %% [markdown] tags=["lang-es"]
# ## 2. La densidad de $X = AZ$ (15 minutos)
#
# Sea $Z$ un vector del plano con densidad $p_Z$ y $X = AZ$ con $A$ invertible.
# Complete `density_linear(x, A, base_density)`, la densidad de $X$ en los
# puntos `x` de forma `(n, 2)`; `A` es una matriz de forma `(2, 2)` y
# `base_density` es una función como `normal_density`: recibe puntos de forma
# `(n, 2)` y devuelve los valores de $p_Z$, forma `(n,)`.
# Puede usar `torch.linalg.inv` y `torch.linalg.det`.
#
# Prediga: si $\det A = 2.5$, ¿cuánto vale $p_X(\mathbf 0)$ respecto de
# $p_Z(\mathbf 0)$?
#
# *Se revisa:* el signo cuando $\det A < 0$; que integre 1; que la imagen de cada
# cuadrado tenga la probabilidad del cuadrado; que sirva para otra base, la
# uniforme en el cuadrado unidad.

# %% [markdown] tags=["lang-en"]
# ## 2. The density of $X = AZ$ (15 minutes)
#
# Let $Z$ be a vector of the plane with density $p_Z$, and $X = AZ$ with $A$
# invertible. Complete `density_linear(x, A, base_density)`, the density of $X$
# at the points `x` of shape `(n, 2)`; `A` is one matrix of shape `(2, 2)` and
# `base_density` is a function like `normal_density`: it takes points of shape
# `(n, 2)` and returns the values of $p_Z$, shape `(n,)`.
# You may use `torch.linalg.inv` and `torch.linalg.det`.
#
# Predict: if $\det A = 2.5$, what is $p_X(\mathbf 0)$ compared with
# $p_Z(\mathbf 0)$?
#
# *What is checked:* the sign when $\det A < 0$; that it integrates to 1; that the
# image of each square has the probability of the square; that it serves
# another base, the uniform on the unit square.

# %% question="e03.q2"
def density_linear(x, A, base_density):
    """The density of X = AZ at the points x, Z with density base_density."""
    ### BEGIN SOLUTION
    W = torch.linalg.inv(A)
    z = x @ W.mT
    return base_density(z) * torch.abs(torch.linalg.det(W))
    ### END SOLUTION


# %% points=2
check("e03.q2", density_linear)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** Todas las áreas se multiplican por el mismo número, $|\det A|$, y
# cada región conserva su masa; por eso la altura se divide entre ese número:
# $p_X(\mathbf x) = p_Z(W\mathbf x)\,|\det W|$ con $W = A^{-1}$. Con
# $A = \begin{pmatrix} 2 & 1 \\ 0.5 & 1.5 \end{pmatrix}$, de determinante 2.5,
# olvidar el factor deja una masa de 2.5; multiplicar por $|\det A|$, de 6.25.
#
# La masa total no descubre todos los errores: `x @ W` en lugar de `x @ W.mT`
# también integra 1, pero pone la masa en otro paralelogramo. Por eso se revisa
# cuadrado por cuadrado.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** All areas are multiplied by the same number, $|\det A|$, and each
# region keeps its mass; so the height is divided by that number:
# $p_X(\mathbf x) = p_Z(W\mathbf x)\,|\det W|$ with $W = A^{-1}$. With
# $A = \begin{pmatrix} 2 & 1 \\ 0.5 & 1.5 \end{pmatrix}$, whose determinant is 2.5,
# forgetting the factor leaves a mass of 2.5; multiplying by $|\det A|$, of 6.25.
#
# The total mass does not reveal every mistake: `x @ W` instead of `x @ W.mT`
# integrates to 1 as well, but puts the mass into another parallelogram. That is
# why the check goes square by square.

# %% [markdown] tags=["lang-es"]
# ## 3. Un $\ln|\det A|$ que sobrevive (15 minutos)
#
# Con entradas normales, $|\det A|$ de una matriz de 200×200 ronda $10^{185}$:
# en `float32`, cuyo máximo es cercano a $3.4 \cdot 10^{38}$, es `inf`. Su
# logaritmo, en cambio, vale unos 427. Complete `log_abs_det(A)` para una matriz
# cuadrada de cualquier tamaño y tipo, sin `torch.linalg.slogdet` ni
# `torch.logdet`: factorice con `torch.linalg.qr` o `torch.linalg.lu` y no
# forme nunca el determinante. El resultado es un solo número.
#
# Prediga: ¿qué se puede decir de $|\det Q|$ si $Q$ es ortogonal?
#
# *Se revisa:* 20 matrices de 3×3, con determinantes de ambos signos; $d = 200$ en
# `float32` y $d = 400$ en `float64`, con error relativo menor que $10^{-4}$; que no
# tome ningún determinante de PyTorch.

# %% [markdown] tags=["lang-en"]
# ## 3. A $\ln|\det A|$ that survives (15 minutes)
#
# With normal entries, $|\det A|$ of a 200×200 matrix is around $10^{185}$:
# in `float32`, whose largest number is near $3.4 \cdot 10^{38}$, it is `inf`.
# Its logarithm, however, is about 427. Complete `log_abs_det(A)` for a square
# matrix of any size and type, without `torch.linalg.slogdet` or
# `torch.logdet`: factorise with `torch.linalg.qr` or `torch.linalg.lu` and
# never form the determinant. The result is one number.
#
# Predict: what can be said about $|\det Q|$ if $Q$ is orthogonal?
#
# *What is checked:* 20 matrices of 3×3, with determinants of both signs; $d = 200$
# in `float32` and $d = 400$ in `float64`, with a relative error below $10^{-4}$; that
# it takes no determinant of PyTorch.

# %% question="e03.q3"
def log_abs_det(A):
    """log|det A| of a square matrix A, shape (d, d), as one number."""
    ### BEGIN SOLUTION
    _, R = torch.linalg.qr(A)
    return torch.sum(torch.log(torch.abs(torch.diagonal(R))))
    ### END SOLUTION


# %% points=2
check("e03.q3", log_abs_det)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** $A = QR$ con $|\det Q| = 1$, porque una isometría no cambia
# volúmenes, y $R$ triangular: $|\det A| = \prod_i |r_{ii}|$. El logaritmo
# convierte el producto en la suma $\sum_i \ln|r_{ii}|$, cuyos términos son números
# corrientes. Pasar todo a `float64` solo corre el límite, a $10^{308}$: con
# $d = 400$ vuelve a desbordar.
#
# En un flujo se necesita siempre el logaritmo, nunca el determinante. LU hace
# la misma cuenta con menos operaciones; es lo que usa `slogdet`.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** $A = QR$ with $|\det Q| = 1$, since an isometry does not change
# volumes, and $R$ triangular: $|\det A| = \prod_i |r_{ii}|$. The logarithm
# turns the product into the sum $\sum_i \ln|r_{ii}|$, whose terms are ordinary
# numbers. Moving everything to `float64` only shifts the limit, to $10^{308}$:
# with $d = 400$ it overflows again.
#
# A flow always needs the logarithm, never the determinant. LU does the same
# with fewer operations; it is what `slogdet` uses.

# %% [markdown] tags=["lang-es"]
# ## 4. El lema del determinante, en tiempo $O(d)$ (25 minutos)
#
# Complete `log_abs_det_rank1(u, w, s)`, que calcula
# $\ln|\det(I + s\,\mathbf u \mathbf w^\top)|$ para $n$ ternas a la vez: `u` y `w`
# tienen forma `(n, d)`, `s` tiene forma `(n,)`, y el resultado, `(n,)`.
#
# No arme la matriz de $d \times d$: cada terna debe costar $O(d)$ operaciones.
#
# Prediga: ¿puede ser negativo el determinante? ¿Qué le pasa a la orientación?
#
# *Se revisa:* los valores para $d = 1, 2, 5, 64$ contra el determinante de la
# matriz entera, también cuando es negativo; que ningún tensor intermedio
# tenga $d^2$ números.

# %% [markdown] tags=["lang-en"]
# ## 4. The determinant lemma, in time $O(d)$ (25 minutes)
#
# Complete `log_abs_det_rank1(u, w, s)`, which computes
# $\ln|\det(I + s\,\mathbf u \mathbf w^\top)|$ for $n$ triples at once: `u` and `w`
# have shape `(n, d)`, `s` has shape `(n,)`, and the result, `(n,)`.
#
# Do not build the $d \times d$ matrix: each triple should cost $O(d)$ operations.
#
# Predict: can the determinant be negative? What happens to orientation?
#
# *What is checked:* the values for $d = 1, 2, 5, 64$ against the determinant of
# the whole matrix, also when it is negative; that no tensor on the way has
# $d^2$ numbers.

# %% question="e03.q4"
def log_abs_det_rank1(u, w, s):
    """log|det(I + s u w^T)| for u, w of shape (n, d) and s of shape (n,)."""
    ### BEGIN SOLUTION
    inner = (u * w).sum(1)
    return torch.log(torch.abs(1 + s * inner))
    ### END SOLUTION


# %% points=3
check("e03.q4", log_abs_det_rank1)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** La matriz $I + s\,\mathbf u\mathbf w^\top$ deja quietos los $d - 1$
# vectores independientes ortogonales a $\mathbf w$ y estira $\mathbf u$ por
# $1 + s\,\mathbf w^\top\mathbf u$: ese es el determinante. (Si
# $\mathbf w^\top\mathbf u = 0$, $\mathbf u$ está entre los que quedan quietos; la
# prueba por bloques cubre también ese caso.) Un producto de dos vectores cuesta
# $O(d)$; armar la matriz cuesta $O(d^2)$ y factorizarla, $O(d^3)$.
#
# Si $s\,\mathbf w^\top\mathbf u < -1$ el determinante es negativo: la función
# refleja el espacio. El volumen es su valor absoluto, y sin él `torch.log` da
# NaN. Es el jacobiano de las capas planas, que llegan más adelante.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** The matrix $I + s\,\mathbf u\mathbf w^\top$ leaves in place the $d - 1$
# independent vectors orthogonal to $\mathbf w$ and stretches $\mathbf u$ by
# $1 + s\,\mathbf w^\top\mathbf u$: that is the determinant. (If
# $\mathbf w^\top\mathbf u = 0$, $\mathbf u$ is among those left in place; the
# proof by blocks covers that case as well.) A product of two vectors costs
# $O(d)$; building the matrix costs $O(d^2)$ and factorising it, $O(d^3)$.
#
# If $s\,\mathbf w^\top\mathbf u < -1$ the determinant is negative: the map
# reflects space. The volume is its absolute value, and without it `torch.log`
# gives NaN. This is the Jacobian of planar layers, which come later.

# %% [markdown] tags=["lang-es"]
# ## 5. Con datos propios (10 minutos)
#
# Ponga su número de estudiante: de él sale una matriz $A$ que no tiene nadie
# más. Sea $\mathbf Z$ uniforme en el rectángulo $[0, 3] \times [0, 1]$ y
# $\mathbf X = A\mathbf Z$. Con lápiz o con una calculadora: ¿qué área (`image_area`)
# tiene el conjunto donde cae $\mathbf X$, y cuánto vale allí su densidad
# (`height`)? Se piden cuatro cifras.
#
# Prediga, antes de la cuenta: ¿puede ser negativo alguno de los dos números?
#
# *Se revisa:* los dos números, con un error relativo menor que una milésima.

# %% [markdown] tags=["lang-en"]
# ## 5. With data of your own (10 minutes)
#
# Put in your student number: a matrix $A$ comes from it that nobody else has.
# Let $\mathbf Z$ be uniform on the rectangle $[0, 3] \times [0, 1]$ and
# $\mathbf X = A\mathbf Z$. With a pencil or a calculator: what is the area
# (`image_area`) of the set into which $\mathbf X$ falls, and what is its density there
# (`height`)? Four digits are asked for.
#
# Predict, before computing: can either of the two numbers be negative?
#
# *What is checked:* the two numbers, to a relative error below one in a thousand.

# %%
student = "1234567"
A = variant("e03.q5", student)
A

# %% question="e03.q5"
### BEGIN SOLUTION
image_area = 3 * abs(A[0, 0] * A[1, 1] - A[0, 1] * A[1, 0])
height = 1 / image_area
### END SOLUTION

# %% points=2
check("e03.q5", student, image_area, height)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** $A$ multiplica todas las áreas por $|\det A|$, y el rectángulo mide
# 3: la imagen mide $3\,|\det A|$. La densidad de $\mathbf Z$ vale $1/3$ y se
# divide entre $|\det A|$. Todos los determinantes de esta pregunta son negativos:
# el signo dice que la figura quedó dada vuelta, y ni un área ni una densidad lo
# llevan.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** $A$ multiplies all areas by $|\det A|$, and the area of the rectangle is
# 3: that of the image is $3\,|\det A|$. The density of $\mathbf Z$ is $1/3$ and is
# divided by $|\det A|$. All determinants of this question are negative: the sign
# says that the figure was turned over, and neither an area nor a density has it.

# %% [markdown] tags=["lang-es"]
# ## 6. En papel: semejanzas (10 minutos)
#
# Una matriz $A$ de $d \times d$ cumple $A^\top A = c^2 I$, con $c > 0$: conserva los
# ángulos y multiplica todas las longitudes por $c$. Demuestre cuánto vale
# $|\det A|$, y diga qué se sabe del signo de $\det A$. Escriba la demostración en
# `proof`, entre comillas triples, `"""`; bastan tres renglones.
#
# Prediga: ¿el resultado depende de $d$?
#
# *Se revisa:* que haya un texto. Lo corrige una persona, o usted, con los criterios
# que muestra `check`.

# %% [markdown] tags=["lang-en"]
# ## 6. On paper: similarities (10 minutes)
#
# A $d \times d$ matrix $A$ satisfies $A^\top A = c^2 I$, with $c > 0$: it keeps angles
# and multiplies all lengths by $c$. Prove what $|\det A|$ is, and say what is known of
# the sign of $\det A$. Write the proof in `proof`, between triple quotes, `"""`; three
# lines are enough.
#
# Predict: does the result depend on $d$?
#
# *What is checked:* that there is a text. A person marks it, or you yourself, with
# the criteria that `check` shows.

# %% question="e03.q6"
### BEGIN SOLUTION
proof = """
det(A^T A) = det(A^T) det(A) = det(A)^2, since the determinant of a product is
the product and a transpose has the same determinant. On the right side,
det(c^2 I) = (c^2)^d = c^(2d), a factor for each axis. So |det A| = c^d.
The sign is free: for d = 2, c I has +c^2 and diag(c, -c) has -c^2.
"""
### END SOLUTION

# %% points=3
check("e03.q6", proof)

# %% [markdown] tags=["lang-es", "solution"]
# **Por qué.** El determinante de un producto es el producto de los determinantes,
# y el de la traspuesta es el mismo: $(\det A)^2 = \det(c^2 I) = c^{2d}$. Quien
# escribe $c^2$ a la derecha saca el escalar una sola vez, y no una por eje. Del
# signo no se sabe nada: $cI$ y $\operatorname{diag}(c, \dots, c, -c)$ cumplen lo mismo.

# %% [markdown] tags=["lang-en", "solution"]
# **Why.** The determinant of a product is the product of the determinants, and
# that of a transpose is the same: $(\det A)^2 = \det(c^2 I) = c^{2d}$. Whoever
# writes $c^2$ on the right takes the scalar out once, not once for each axis. Nothing
# is known of the sign: $cI$ and $\operatorname{diag}(c, \dots, c, -c)$ satisfy the same.
