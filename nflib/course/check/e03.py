"""Checks of chapter 3: determinants and volumes.

Areas are measured here by cross products of two sides, masses by quadrature; the determinant that
an answer needs is never taken from the answer.
"""

from __future__ import annotations

import math

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from nflib.course.check.engine import Question, need
from nflib.course.check.measure import constant, gaussian_points, off, plane, same
from nflib.course.check.result import Text

TOLERANCE = 1e-5  # float32 answers to small problems err by less than 1e-6
SQUARE = torch.tensor([[0, 0], [1, 0], [1, 1], [0, 1]], dtype=torch.float64)


def cross(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Oriented area of the parallelogram on two vectors of the plane, shape (..., 2)."""
    return first[..., 0] * second[..., 1] - first[..., 1] * second[..., 0]


def images(A: torch.Tensor) -> torch.Tensor:
    """The corners of A·[0, 1]², in order, shape (n, 4, 2)."""
    return torch.stack([A @ corner for corner in SQUARE], dim=1)


# --- 1. Corners and area of a parallelogram ----------------------------------------------------

q1 = Question("e03.q1", "corners(A)", "area(vertices)")


@q1.step("corners", "los vértices", "the corners")
def _(corners, area):
    A = gaussian_points(50, 2, 2, seed=1)
    A[0] = torch.tensor([[2, 1], [0.5, 1.5]])
    expected = images(A)
    found = corners(A, shape=(50, 4, 2))
    if same(found, images(A.mT)):
        hint = Text(
            "A por (1, 0) es la primera columna de A, no su primera fila.",
            "A times (1, 0) is the first column of A, not its first row.",
        )
    elif same(found[:, [0, 1, 3, 2]], expected):
        hint = Text(
            "Están los cuatro vértices, pero el recorrido cruza la figura: después de la imagen "
            "de (1, 0) viene la de (1, 1).",
            "All four corners are there, but the path crosses the figure: after the image of "
            "(1, 0) comes that of (1, 1).",
        )
    else:
        hint = Text(
            "Dibuje las dos columnas de A como flechas desde el origen: ¿adónde va a parar la "
            "esquina (1, 1)?",
            "Draw the two columns of A as arrows from the origin: where does the corner (1, 1) "
            "arrive?",
        )
    worst = (found[0] - expected[0]).abs().sum(1).argmax()
    x, y = found[0, worst].tolist()
    place = "({:g}, {:g})".format(*SQUARE[worst].tolist())
    need(
        same(found, expected, TOLERANCE),
        Text(
            f"Con A = [[2, 1], [0.5, 1.5]] la esquina {place} no va a ({x:.4g}, {y:.4g}).",
            f"With A = [[2, 1], [0.5, 1.5]] the corner {place} does not go to ({x:.4g}, {y:.4g}).",
        ),
        hint,
    )


def has_area(found: torch.Tensor, expected: torch.Tensor, es: str, en: str, hint: Text) -> None:
    """Need the areas expected of figures called ``es`` and ``en``; the message tells the worst."""
    worst = off(found, expected).argmax()
    value, right = found[worst].item(), expected[worst].item()
    need(
        same(found, expected, TOLERANCE),
        Text(
            f"{es}: su función da {value:.4f} y el área es {right:.4f}.",
            f"{en}: your function gives {value:.4f} and the area is {right:.4f}.",
        ),
        hint,
    )


@q1.step("sign", "el signo", "the sign")
def _(corners, area):
    A = gaussian_points(50, 2, 2, seed=2)
    values = area(images(A), shape=(50,))
    need(
        (values >= 0).all(),
        Text(
            f"De 50 paralelogramos, {int((values < 0).sum())} tienen área negativa.",
            f"Of 50 parallelograms, {int((values < 0).sum())} have a negative area.",
        ),
        Text(
            "El signo cuenta en qué sentido se recorren los vértices. ¿Depende de eso el área?",
            "The sign tells in which direction the vertices are visited. Does the area depend on "
            "that?",
        ),
    )


@q1.step("parallelograms", "paralelogramos", "parallelograms")
def _(corners, area):
    A = gaussian_points(1000, 2, 2, seed=3)
    expected = cross(A[:, :, 0], A[:, :, 1]).abs()
    found = area(images(A), shape=(1000,))
    hint = (
        Text(
            "El error es el mismo factor en todos: ¿la suma de productos cruzados mide triángulos "
            "o paralelogramos?",
            "The error is the same factor everywhere: does the sum of cross products measure "
            "triangles or parallelograms?",
        )
        if constant(found / expected)
        else Text(
            "Incline un lado sin cambiar su largo: ¿sigue igual el área?",
            "Tilt a side without changing its length: does the area stay the same?",
        )
    )
    has_area(found, expected, "Un paralelogramo", "A parallelogram", hint)


@q1.step("translated", "una figura trasladada", "a figure moved away")
def _(corners, area):
    A = gaussian_points(100, 2, 2, seed=4)
    found = area(images(A) + torch.tensor([3.0, -2.0], dtype=torch.float64), shape=(100,))
    has_area(
        found,
        cross(A[:, :, 0], A[:, :, 1]).abs(),
        "Un paralelogramo que no toca el origen",
        "A parallelogram away from the origin",
        Text(
            "Mientras un vértice era el origen, algún término valía 0. ¿Incluyó el lado que va "
            "del último vértice al primero?",
            "As long as one vertex was the origin, some term was 0. Did you include the side from "
            "the last vertex to the first?",
        ),
    )


@q1.step("quadrilaterals", "otros cuadriláteros", "other quadrilaterals")
def _(corners, area):
    angles = math.pi / 2 * (torch.arange(4) + torch.rand(100, 4, generator=_seed(5)) * 0.8)
    points = torch.stack([3 * angles.cos(), angles.sin()], dim=2).double()
    sides = points[:, 1:] - points[:, :1]
    expected = (cross(sides[:, 0], sides[:, 1]) + cross(sides[:, 1], sides[:, 2])) / 2
    has_area(
        area(points, shape=(100,)),
        expected,
        "Un cuadrilátero cualquiera",
        "Any quadrilateral",
        Text(
            "Dos lados bastan si los otros dos son paralelos a ellos. Un cuadrilátero cualquiera "
            "se corta en dos triángulos distintos.",
            "Two sides are enough if the other two are parallel to them. Any quadrilateral is "
            "cut into two different triangles.",
        ),
    )


def _seed(number: int) -> torch.Generator:
    return torch.Generator().manual_seed(number)


# --- 2. The density of X = AZ ------------------------------------------------------------------

q2 = Question("e03.q2", "density_linear(x, A, base_density)")
MATRIX = torch.tensor([[2, 1], [0.5, 1.5]], dtype=torch.float64)  # determinant 2.5
TURNED = MATRIX[:, [1, 0]]  # determinant −2.5


def gaussian(z: torch.Tensor) -> torch.Tensor:
    return torch.exp(-z.square().sum(1) / 2) / (2 * math.pi)


def uniform(z: torch.Tensor) -> torch.Tensor:
    return ((z >= 0) & (z <= 1)).all(1).double()


@q2.step("sign", "el signo", "the sign")
def _(density):
    x, _ = plane(4, 9)
    value = density(x, TURNED, gaussian, shape=(81,)).min().item()
    need(
        value >= 0,
        Text(
            f"Con A = [[1, 2], [1.5, 0.5]] su densidad llega a valer {value:.4f}.",
            f"With A = [[1, 2], [1.5, 0.5]] your density goes down to {value:.4f}.",
        ),
        Text(
            "Esa A invierte la orientación. ¿Qué tiene que ver eso con cuánta masa hay?",
            "This A reverses orientation. What has that to do with how much mass there is?",
        ),
    )


POWERS = {  # the mass found is that power of |det A|
    1: Text(
        "A agranda las áreas y cada una conserva su masa. ¿Qué factor baja la altura?",
        "A enlarges areas and each keeps its mass. Which factor lowers the height?",
    ),
    2: Text(
        "El factor entró al revés: si el área crece, ¿la densidad sube o baja?",
        "The factor went in upside down: if the area grows, does the density rise or fall?",
    ),
    -1: Text(
        "El factor está contado dos veces: dividir entre |det A| y multiplicar por |det W| es lo "
        "mismo, y se hace una sola vez.",
        "The factor is counted twice: to divide by |det A| and to multiply by |det W| is the same, "
        "and is done only once.",
    ),
    -2: Text(
        "La densidad de la base se evalúa en un z. ¿Qué matriz lleva de x a z?",
        "The density of the base is evaluated at a z. Which matrix leads from x to z?",
    ),
}


@q2.step("mass", "la masa total", "the total mass")
def _(density):
    x, cell = plane(14, 100)
    total = density(x, MATRIX, gaussian, shape=(len(x),)).sum().item() * cell
    power = round(math.log(total) / math.log(2.5), 3) if total > 0 else 0
    need(
        abs(total - 1) < TOLERANCE,
        Text(
            f"Con A = [[2, 1], [0.5, 1.5]] su densidad integra {total:.4f} y debería integrar 1.",
            f"With A = [[2, 1], [0.5, 1.5]] your density integrates to {total:.4f} and should "
            "integrate to 1.",
        ),
        POWERS.get(
            power,
            Text(
                "Calcule el área de la imagen del cuadrado unidad y compárela con el factor que usa.",
                "Work out the area of the image of the unit square and compare it with the factor "
                "that you use.",
            ),
        ),
    )


@q2.step("parallelograms", "la masa de cada imagen", "the mass of each image")
def _(density):
    inside, cell = plane(0.25, 12)  # the same rule measures both masses
    for A in (MATRIX, TURNED):
        grow = cross(A[:, 0], A[:, 1]).abs().item()
        for corner in ((1.0, 0.5), (-1.5, 1.0), (0.0, 0.0)):
            z = inside + 0.25 + torch.tensor(corner, dtype=torch.float64)
            x = z @ A.mT
            values = density(x, A, gaussian, shape=(len(z),))
            found = values.sum().item() * cell * grow
            expected = gaussian(z).sum().item() * cell
            a, b = corner
            need(
                abs(found - expected) < TOLERANCE,
                Text(
                    f"Z cae en [{a:g}, {a + 0.5:g}] × [{b:g}, {b + 0.5:g}] con probabilidad "
                    f"{expected:.4f}; a la imagen de ese cuadrado su densidad le da {found:.4f}.",
                    f"Z falls into [{a:g}, {a + 0.5:g}] × [{b:g}, {b + 0.5:g}] with probability "
                    f"{expected:.4f}; to the image of that square your density gives {found:.4f}.",
                ),
                POWERS[-2]
                if same(values, gaussian(x @ A.mT) * grow)
                else Text(
                    "La masa total está bien, su lugar no. Los puntos son las filas de x: al "
                    "multiplicar filas por una matriz, ¿de qué lado va y con qué índices?",
                    "The total mass is right, its place is not. The points are the rows of x: when "
                    "rows are multiplied by a matrix, on which side does it go, with which "
                    "indices?",
                ),
            )


@q2.step("base", "otra base", "another base")
def _(density):
    inside, _ = plane(0.45, 6)
    x = (inside + 0.5) @ MATRIX.mT
    worst = density(x, MATRIX, uniform, shape=(len(x),))
    value = worst[(worst - 0.4).abs().argmax()].item()
    need(
        abs(value - 0.4) < TOLERANCE,
        Text(
            f"Con Z uniforme en el cuadrado unidad, su densidad vale {value:.4f} en un punto "
            "del paralelogramo, que tiene área 2.5.",
            f"With Z uniform on the unit square, your density is {value:.4f} at a point of the "
            "parallelogram, which has area 2.5.",
        ),
        Text(
            "Su fórmula sirve para una sola base. La densidad de Z llega como tercer argumento.",
            "Your formula serves one base only. The density of Z comes as the third argument.",
        ),
    )


# --- 3. log|det A| that survives ---------------------------------------------------------------

q3 = Question("e03.q3", "log_abs_det(A)")


@q3.step("small", "matrices pequeñas", "small matrices")
def _(log_abs_det):
    matrices = gaussian_points(20, 3, 3, seed=6)
    triple = (torch.linalg.cross(matrices[:, 0], matrices[:, 1]) * matrices[:, 2]).sum(1)
    expected = triple.abs().log()
    found = torch.stack([log_abs_det(A, shape=(), finite=False) for A in matrices])
    if found.isnan().any():
        hint = Text(
            "El logaritmo de un número negativo no existe, y la mitad de estas matrices tiene "
            "determinante negativo.",
            "The logarithm of a negative number does not exist, and half of these matrices have a "
            "negative determinant.",
        )
    elif same(found, triple) or same(found, triple.abs()):
        hint = Text(
            "Eso es el determinante; se pide el logaritmo de su valor absoluto.",
            "That is the determinant; the logarithm of its absolute value is asked for.",
        )
    elif same(found, 2 * expected):
        hint = Text(
            "Su resultado es el doble: ¿de qué matriz tomó el determinante?",
            "Your result is twice what it should be: of which matrix did you take the determinant?",
        )
    elif constant(found / expected):
        hint = Text(
            "El error es un factor constante: ¿en qué base es su logaritmo?",
            "The error is a constant factor: which base does your logarithm have?",
        )
    else:
        hint = Text(
            "El determinante es el producto de la diagonal solo si la matriz es triangular. "
            "¿Con qué factorización se llega a una?",
            "The determinant is the product of the diagonal only if the matrix is triangular. "
            "Which factorisation leads to one?",
        )
    worst = off(found, expected).argmax()
    value, right = found[worst].item(), expected[worst].item()
    need(
        same(found, expected, TOLERANCE),
        Text(
            f"Con una matriz de 3×3 devolvió {value:.4f} y debería ser {right:.4f}.",
            f"With a 3×3 matrix you returned {value:.4f} and it should be {right:.4f}.",
        ),
        hint,
    )


def survives(log_abs_det, A: torch.Tensor, hint: Text) -> None:
    """Need log|det A| of a large matrix, to a relative 1e-4."""
    d, kind = len(A), str(A.dtype).removeprefix("torch.")
    found = log_abs_det(A, shape=(), finite=False).item()
    expected = torch.linalg.slogdet(A.double()).logabsdet.item()
    need(
        abs(found - expected) < 1e-4 * abs(expected),
        Text(
            f"Con d = {d} en {kind} devolvió {found:.4f} y debería ser {expected:.2f}.",
            f"With d = {d} in {kind} you returned {found:.4f} and it should be {expected:.2f}.",
        ),
        hint,
    )


@q3.step("float32", "d = 200 en float32", "d = 200 in float32")
def _(log_abs_det):
    survives(
        log_abs_det,
        gaussian_points(200, 200, seed=7).float(),
        Text(
            "El determinante no cabe en el tipo antes de que llegue el logaritmo. ¿Qué propiedad "
            "del logaritmo evita el producto?",
            "The determinant does not fit the type before the logarithm comes. Which property of "
            "the logarithm avoids the product?",
        ),
    )


@q3.step("float64", "d = 400 en float64", "d = 400 in float64")
def _(log_abs_det):
    survives(
        log_abs_det,
        gaussian_points(400, 400, seed=8),
        Text(
            "Más cifras solo corren el límite: float64 llega hasta 1e308, y este determinante es "
            "mayor.",
            "More digits only move the limit: float64 goes up to 1e308, and this determinant is "
            "larger.",
        ),
    )


# --- 4. The matrix determinant lemma -----------------------------------------------------------

q4 = Question("e03.q4", "log_abs_det_rank1(u, w, s)")


class Largest(TorchDispatchMode):
    """While active, remembers the number of entries of the largest tensor that was made."""

    def __init__(self) -> None:
        super().__init__()
        self.entries = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        made = function(*args, **(kwargs or {}))
        for tensor in made if isinstance(made, tuple | list) else (made,):
            if isinstance(tensor, torch.Tensor):
                self.entries = max(self.entries, tensor.numel())
        return made


@q4.step("values", "los valores", "the values")
def _(log_abs_det):
    for d in (1, 2, 5, 64):
        u, w = gaussian_points(2, 40, d, seed=d)
        s = gaussian_points(40, seed=100 + d)
        full = torch.eye(d, dtype=torch.float64) + s[:, None, None] * u[:, :, None] * w[:, None, :]
        sign, expected = torch.linalg.slogdet(full)
        found = log_abs_det(u, w, s, shape=(40,), finite=False)
        if found.isnan().any():
            hint = Text(
                "El determinante es negativo para algunos datos. ¿De qué se toma el logaritmo?",
                "The determinant is negative for some data. Of what is the logarithm taken?",
            )
        elif same(found, sign * expected.exp()) or same(found, expected.exp()):
            hint = Text(
                "Eso es el determinante, sin el logaritmo.",
                "That is the determinant, without the logarithm.",
            )
        elif same(found, (1 + (u * w).sum(1)).abs().log()):
            hint = Text(
                "Así sale con s = 1. ¿Qué vector queda si s se absorbe en u?",
                "This is what s = 1 gives. Which vector remains if u absorbs s?",
            )
        elif same(found, (1 + s * (u * w).sum()).abs().log()):
            hint = Text(
                "Todos los datos comparten un mismo producto: cada fila de u va con su fila de w, "
                "y se suma a lo largo de una sola dimensión.",
                "All data share one product: each row of u goes with its row of w, and the sum "
                "runs along one dimension only.",
            )
        else:
            hint = Text(
                "Pruebe con d = 1: la matriz es un número. ¿Qué número es?",
                "Try d = 1: the matrix is a number. Which number is it?",
            )
        worst = off(found, expected).argmax()
        value, right = found[worst].item(), expected[worst].item()
        need(
            same(found, expected, TOLERANCE),
            Text(
                f"Con d = {d} devolvió {value:.4f}; la matriz entera da {right:.4f}.",
                f"With d = {d} you returned {value:.4f}; the whole matrix gives {right:.4f}.",
            ),
            hint,
        )


@q4.step("cost", "el costo", "the cost")
def _(log_abs_det):
    d, n = 300, 2
    u, w = gaussian_points(2, n, d, seed=9)
    with Largest() as largest:
        log_abs_det(u, w, torch.ones(n, dtype=torch.float64), shape=(n,))
    need(
        largest.entries <= 10 * n * d,
        Text(
            f"Con d = {d} y {n} filas, su código armó un tensor de {largest.entries} números.",
            f"With d = {d} and {n} rows, your code made a tensor of {largest.entries} numbers.",
        ),
        Text(
            "Correcto, pero caro: el lema evita armar la matriz. ¿Qué número de tamaño 1×1 tiene "
            "el mismo determinante?",
            "Right, but expensive: the lemma avoids building the matrix. Which number, of size "
            "1×1, has the same determinant?",
        ),
    )
