"""Checks of chapter 4: the change of variables in d dimensions.

What is right is computed in another way than the answers: the laws of PyTorch, the automatic
Jacobian, sums over grids, cdfs of boxes, samples counted apart.
"""

from __future__ import annotations

import math

import torch
from torch.distributions import LogNormal, MultivariateNormal, Normal

from nflib.course.check.engine import Question, need
from nflib.course.check.measure import gaussian_points, off, plane, same
from nflib.course.check.result import Text

TOLERANCE = 1e-6  # sums over grids are exact to 1e-10 here; float32 answers err by 1e-7


def tensor(*rows: object) -> torch.Tensor:
    return torch.tensor(rows, dtype=torch.float64)


def standard_log_density(z: torch.Tensor) -> torch.Tensor:
    """log N(z; 0, I), points (..., d) to values (...)."""
    return Normal(0.0, 1.0).log_prob(z).sum(-1)


def rectangle(low: tuple, high: tuple, n: tuple) -> tuple[torch.Tensor, float]:
    """Centres of n1·n2 equal cells of a rectangle, and the area of one."""
    sides = [
        a + (b - a) * (torch.arange(m, dtype=torch.float64) + 0.5) / m
        for a, b, m in zip(low, high, n, strict=True)
    ]
    area = math.prod((b - a) / m for a, b, m in zip(low, high, n, strict=True))
    return torch.cartesian_prod(*sides), area


def show(point: torch.Tensor) -> str:
    return "(" + ", ".join(f"{number:.3g}" for number in point.tolist()) + ")"


def agrees(
    name: str, at: str, places: torch.Tensor, found: torch.Tensor, right: torch.Tensor, hint: Text
) -> None:
    """Need values of ``name`` that agree with the right ones where ``at``, as "u", is ``places``."""
    error = off(found, right)
    worst = error.argmax()
    at, value, expected = f"{at} = {show(places[worst])}", found[worst].item(), right[worst].item()
    need(
        error.max() < TOLERANCE,
        Text(
            f"En {at}, {name} vale {value:.5g} y debería valer {expected:.5g}.",
            f"At {at}, {name} is {value:.5g} and should be {expected:.5g}.",
        ),
        hint,
    )


# --- 1. A log-density for any map --------------------------------------------------------------

q1 = Question("e04.q1", "logpdf(x, f_inv, base_logpdf)", float64=True)


def linear(matrix: torch.Tensor, shift: torch.Tensor) -> tuple:
    """The inverse of z ↦ Az + m, and the law of AZ + m for a standard normal Z."""
    inverse = torch.linalg.inv(matrix)
    return lambda x: (x - shift) @ inverse.T, MultivariateNormal(shift, matrix @ matrix.T)


def log_density(logpdf, x, f_inv, right, hint, base=standard_log_density) -> None:
    """Need log p_X, up to 1e-8; ``hint(found)`` chooses the hint."""
    found = logpdf(x, f_inv, base, shape=(len(x),), finite=False)
    error = off(found, right)
    worst = error.argmax()
    at, value, expected = show(x[worst]), found[worst].item(), right[worst].item()
    need(
        error.max() < 1e-8,
        Text(
            f"En x = {at}, log p(x) da {value:.6f} y debería dar {expected:.6f}.",
            f"At x = {at}, log p(x) comes out as {value:.6f} and should be {expected:.6f}.",
        ),
        hint(found),
    )


@q1.step("rotation", "una rotación con escala", "a rotation with a scaling")
def _(logpdf):
    angle = torch.tensor(0.7, dtype=torch.float64)
    sin, cos = torch.sin(angle).item(), torch.cos(angle).item()
    f_inv, law = linear(math.sqrt(2) * tensor((cos, -sin), (sin, cos)), tensor(0.5, -1.0))
    x = gaussian_points(6, 2, seed=1)
    right = law.log_prob(x)
    log_det = -math.log(2)

    def hint(found):
        if same(found, right.exp()):
            return Text(
                "Devolvió la densidad, que es un producto; se pide su logaritmo, que es una suma.",
                "You returned the density, which is a product; its logarithm is asked for, "
                "which is a sum.",
            )
        if same(found, right - log_det):
            return Text(
                "Falta un término: la función agranda las áreas, así que la densidad baja.",
                "A term is missing: the map enlarges areas, so the density falls.",
            )
        if same(found, right - 2 * log_det):
            return Text(
                "El término del determinante tiene el signo contrario: ¿de qué función es "
                "el jacobiano, de f o de su inversa?",
                "The term of the determinant has the opposite sign: whose Jacobian is it, "
                "that of f or that of its inverse?",
            )
        if same(found, right - log_det + 2 * math.log(cos / math.sqrt(2))):
            return Text(
                "Su término es el producto de la diagonal, y esta matriz no es triangular.",
                "Your term is the product of the diagonal, and this matrix is not triangular.",
            )
        if same(found, right - log_det + math.exp(log_det)):
            return Text(
                "Sumó el determinante sin logaritmo.",
                "You added the determinant without a logarithm.",
            )
        if same(found, standard_log_density(x) + log_det):
            return Text(
                "La densidad de la base se evalúa en un punto de la base: ¿qué z le corresponde a x?",
                "The base density is evaluated at a point of the base: which z belongs to x?",
            )
        return Text(
            "Escriba la fórmula en papel: son dos términos, cada uno con un solo valor por punto.",
            "Write the formula on paper: it has two terms, each with a single value a point.",
        )

    log_density(logpdf, x, f_inv, right, hint)


@q1.step("orientation", "una función que invierte la orientación", "a map reversing orientation")
def _(logpdf):
    f_inv, law = linear(tensor((0.5, 1.0), (2.0, 0.25)), tensor(0.0, 1.0))
    x = gaussian_points(6, 2, seed=2)
    log_density(
        logpdf,
        x,
        f_inv,
        law.log_prob(x),
        lambda found: Text(
            "Aquí el determinante es negativo y su logaritmo no existe. ¿Tiene signo un área?",
            "Here the determinant is negative and its logarithm does not exist. Has an area "
            "a sign?",
        ),
    )


@q1.step("pointwise", "la log-normal", "the log-normal law")
def _(logpdf):
    x = gaussian_points(6, 2, seed=3).exp()
    right = LogNormal(0.0, 1.0).log_prob(x).sum(-1)

    def hint(found):
        if same(found[:1], right[:1]):
            return Text(
                "El primer punto está bien y los otros no: cada punto tiene su jacobiano.",
                "The first point is right and the others are not: each point has its own Jacobian.",
            )
        return Text(
            "Con funciones afines acertó, con esta no: ¿en qué punto se evalúa el jacobiano "
            "de la inversa?",
            "With affine maps it was right, with this one it is not: at which point is the "
            "Jacobian of the inverse evaluated?",
        )

    log_density(logpdf, x, torch.log, right, hint)


@q1.step("dimension", "otras dimensiones", "other dimensions")
def _(logpdf):
    matrix = tensor((1.0, 0.5, -0.3), (0.2, -1.5, 0.4), (0.7, 0.1, 0.8))
    f_inv, law = linear(matrix, tensor(0.0, 1.0, -1.0))
    x = gaussian_points(6, 3, seed=4)
    log_density(
        logpdf,
        x,
        f_inv,
        law.log_prob(x),
        lambda found: Text(
            "En el plano acertó y en dimensión 3 no: ¿su determinante sirve para "
            "matrices de cualquier tamaño?",
            "In the plane it was right and in dimension 3 it is not: does your determinant "
            "work for matrices of any size?",
        ),
    )


@q1.step("base", "otra base", "another base")
def _(logpdf):
    x = gaussian_points(6, 2, seed=5)
    log_density(
        logpdf,
        x,
        lambda x: x / 2,
        torch.distributions.Laplace(0.0, 2.0).log_prob(x).sum(-1),
        lambda found: Text(
            "Con otra base no acierta: la base llega como argumento y no siempre es gaussiana.",
            "With another base it is not right: the base comes as an argument and is not "
            "always Gaussian.",
        ),
        base=lambda z: -z.abs().sum(-1) - math.log(4),
    )


# --- 2. Box-Muller -----------------------------------------------------------------------------

q2 = Question("e04.q2", "box_muller(u)", "box_muller_det(u)", "box_muller_density(x)")


def unit_square() -> torch.Tensor:
    """Points of (0, 1)², among them the book's (0.3, 0.7)."""
    return torch.cat([tensor((0.3, 0.7)), rectangle((0, 0), (1, 1), (7, 8))[0]])


def polar(u: torch.Tensor) -> torch.Tensor:
    """The transform at one point (2,) or at many (n, 2), by complex numbers."""
    squared = torch.log(u[..., 0].square()).neg()
    turned = torch.polar(squared.sqrt(), 2 * math.pi * u[..., 1])
    return torch.view_as_real(turned)


@q2.step("radius", "el radio", "the radius")
def _(box_muller, det, density):
    u = unit_square()
    x = box_muller(u)
    found, right = x.norm(dim=-1), polar(u).norm(dim=-1)
    if same(found, right.square()):
        hint = Text("Al radio le falta la raíz.", "The radius lacks its root.")
    elif same(found, polar(u.flip(-1)).norm(dim=-1)):
        hint = Text(
            "El radio sale de una coordenada de u y el ángulo de la otra: quedaron cambiadas.",
            "The radius comes from one coordinate of u and the angle from the other: they "
            "are exchanged.",
        )
    else:
        hint = Text(
            "Si se elevan al cuadrado las dos coordenadas y se suman, el ángulo desaparece. "
            "¿Qué queda?",
            "If both coordinates are squared and added, the angle disappears. What is left?",
        )
    agrees("‖x‖", "u", u, found, right, hint)


@q2.step("angle", "el ángulo", "the angle")
def _(box_muller, det, density):
    u = unit_square()
    x, right = box_muller(u), polar(u)
    error = off(x, right).max(-1).values
    worst = error.argmax()
    at, value, expected = show(u[worst]), show(x[worst]), show(right[worst])
    radius = right.norm(dim=-1, keepdim=True)
    slow = radius * torch.stack([u[:, 1].cos(), u[:, 1].sin()], -1)
    need(
        error.max() < TOLERANCE,
        Text(
            f"El punto u = {at} va a parar a {value} y debería llegar a {expected}.",
            f"The point u = {at} goes to {value} and should arrive at {expected}.",
        ),
        Text(
            "Cuando la segunda uniforme recorre (0, 1), el punto tiene que dar una vuelta entera.",
            "As the second uniform runs over (0, 1), the point has to make a whole turn.",
        )
        if same(x, slow)
        else Text(
            "El radio está bien y la dirección no: mire adónde va un ángulo casi nulo.",
            "The radius is right and the direction is not: look where an angle of almost "
            "zero goes.",
        ),
    )


@q2.step("determinant", "el determinante", "the determinant")
def _(box_muller, det, density):
    u = unit_square()
    columns = torch.func.vmap(torch.func.jacrev(polar_real))(u)
    right = torch.linalg.det(columns)
    found = det(u, shape=(len(u),))
    if same(found, -right):
        hint = Text(
            "El valor absoluto está bien; se pide con su signo. ¿Crece el radio con la primera "
            "uniforme?",
            "The absolute value is right; it is asked for with its sign. Does the radius "
            "grow with the first uniform?",
        )
    elif same(found, 1 / right):
        hint = Text(
            "Ese es el determinante de la inversa.", "That is the determinant of the inverse."
        )
    elif same(found, columns[:, 0, 0] * columns[:, 1, 1]):
        hint = Text(
            "Las dos coordenadas de x dependen de las dos de u: hay cuatro derivadas, no dos.",
            "Both coordinates of x depend on both of u: there are four derivatives, not two.",
        )
    else:
        hint = Text(
            "Derive primero el radio y el ángulo; después use el determinante de las polares.",
            "Differentiate radius and angle first; then use the determinant of polar coordinates.",
        )
    agrees("det J", "u", u, found, right, hint)


def polar_real(u: torch.Tensor) -> torch.Tensor:
    """The transform without complex numbers, for automatic differentiation."""
    radius = (-2 * u[..., 0].log()).sqrt()
    turn = 2 * math.pi * u[..., 1]
    return torch.stack([radius * turn.cos(), radius * turn.sin()], -1)


@q2.step("sign", "el signo de la densidad", "the sign of the density")
def _(box_muller, det, density):
    x = plane(3, 12)[0]
    values = density(x, shape=(len(x),))
    worst = values.argmin()
    at, value = show(x[worst]), values[worst].item()
    need(
        value >= 0,
        Text(
            f"Su densidad vale {value:.4g} en x = {at}.",
            f"Your density is {value:.4g} at x = {at}.",
        ),
        Text(
            "El determinante es negativo porque la transformación invierte la orientación; "
            "una probabilidad no.",
            "The determinant is negative since the transform reverses orientation; a "
            "probability is not.",
        ),
    )


@q2.step("mass", "la masa total", "the total mass")
def _(box_muller, det, density):
    x, area = plane(9, 180)
    values = density(x, shape=(len(x),))
    total = values.sum().item() * area
    near = x.norm(dim=-1) < 3
    right = standard_log_density(x).exp()
    if same((values * right)[near], torch.ones(int(near.sum()), dtype=torch.float64)):
        hint = Text(
            "Donde la transformación estira mucho, la densidad es baja. La suya es alta.",
            "Where the transform stretches much, the density is low. Yours is high.",
        )
    elif values.max() == values.min():
        hint = Text(
            "La densidad de U es constante, la de X no: falta el factor de estiramiento.",
            "The density of U is constant, that of X is not: the stretch factor is missing.",
        )
    elif same(values, right * 2 * math.pi):
        hint = Text(
            "La forma está bien y la altura no: ¿quedó todo el determinante?",
            "The shape is right and the height is not: is the whole determinant there?",
        )
    else:
        hint = Text(
            "Despeje la primera uniforme de la suma de los cuadrados de x, con calma.",
            "Solve for the first uniform from the sum of the squares of x, without haste.",
        )
    need(
        abs(total - 1) < 1e-5,
        Text(
            f"Su densidad integra {total:.4g} en el plano y debería integrar 1.",
            f"Your density integrates to {total:.4g} over the plane and should integrate to 1.",
        ),
        hint,
    )


@q2.step("regions", "la masa de cada pedazo", "the mass of each piece")
def _(box_muller, det, density):
    u = unit_square()
    x = polar(u)
    mass = (
        density(x, shape=(len(x),))
        * torch.linalg.det(torch.func.vmap(torch.func.jacrev(polar_real))(u)).abs()
    )
    worst = (mass - 1).abs().argmax()
    at, value = show(u[worst]), mass[worst].item()
    need(
        (mass - 1).abs().max() < 1e-5,
        Text(
            f"La imagen de un pedacito cercano a u = {at} tiene, con su densidad, {value:.4f} "
            "veces la probabilidad del pedacito.",
            f"The image of a small piece near u = {at} has, by your density, {value:.4f} times "
            "the probability of the piece.",
        ),
        Text(
            "Integrar 1 no alcanza: dos densidades distintas pueden hacerlo. ¿La suya es el "
            "recíproco del determinante en el u que corresponde a x?",
            "To integrate to 1 is not enough: two different densities may do so. Is yours "
            "the reciprocal of the determinant at the u that belongs to x?",
        ),
    )


# --- 3. The density of the banana --------------------------------------------------------------

q3 = Question("e04.q3", "banana_density(x, b)")
BENDS = (1.0, -0.5)


def moments(density, b: float) -> tuple[float, float, float]:
    """Mass and means of both coordinates, from a grid of step 1/4."""
    x, area = plane(32, 256)
    values = density(x, b, shape=(len(x),)) * area
    mean = values @ x
    return values.sum().item(), mean[0].item(), mean[1].item()


@q3.step("mass", "la masa total", "the total mass")
def _(density):
    for b in BENDS:
        total = moments(density, b)[0]
        need(
            abs(total - 1) < 1e-5,
            Text(
                f"Con b = {b:g} su densidad integra {total:.4f} y debería integrar 1.",
                f"With b = {b:g} your density integrates to {total:.4f} and should integrate to 1.",
            ),
            Text(
                "Falta la constante que normaliza la gaussiana del plano.",
                "The constant that normalises the Gaussian of the plane is missing.",
            )
            if abs(total - 2 * math.pi) < 1e-3
            else Text(
                "Cada columna vertical se desplaza sin estirarse: ¿qué factor hace falta?",
                "Each vertical line is shifted without being stretched: which factor is needed?",
            ),
        )


@q3.step("mean", "la media de la segunda coordenada", "the mean of the second coordinate")
def _(density):
    for b in BENDS:
        _, first, second = moments(density, b)
        if abs(second + b) < 1e-4:
            hint = Text(
                "La masa es 1, pero la banana está al revés. La fórmula pide el z del "
                "que viene x, no el punto adonde iría x.",
                "The mass is 1, but the banana is upside down. The formula asks for the z "
                "that x comes from, not for the point where x would go.",
            )
        elif abs(first - b) < 1e-4:
            hint = Text(
                "La media de la otra coordenada se movió: ¿cuál de las dos deforma f?",
                "The mean of the other coordinate has moved: which of the two does f deform?",
            )
        elif abs(second) < 1e-4:
            hint = Text(
                "Su densidad no está desplazada en absoluto: evaluó la base en x.",
                "Your density is not shifted at all: you evaluated the base at x.",
            )
        else:
            hint = Text(
                "Pruebe con otro valor de b: ¿la deformación cambia con él como debería?",
                "Try another value of b: does the deformation change with it as it should?",
            )
        need(
            abs(second - b) < 1e-4,
            Text(
                f"Con b = {b:g} su densidad da una media de {second:.3f} para la segunda "
                f"coordenada; muestreando se obtiene {b:g}.",
                f"With b = {b:g} your density gives a mean of {second:.3f} for the second "
                f"coordinate; sampling gives {b:g}.",
            ),
            hint,
        )


@q3.step("points", "los valores", "the values")
def _(density):
    for b in BENDS:
        z = gaussian_points(20, 2, seed=6)
        x = torch.stack([z[:, 0], z[:, 1] + b * z[:, 0].square()], -1)
        agrees(
            "p(x)",
            "x",
            x,
            density(x, b, shape=(len(x),)),
            standard_log_density(z).exp(),
            Text(
                "La masa y la media están bien, los valores no: la curva desplaza cada columna "
                "según dónde está.",
                "Mass and mean are right, the values are not: the curve shifts each vertical "
                "line according to where it is.",
            ),
        )


# --- 4. The mass of a box ----------------------------------------------------------------------

q4 = Question("e04.q4", "by_samples(z, low, high)", "by_integral(low, high)")
BOXES = (((1.0, 0.0), (2.0, 2.0)), ((0.25, -1.0), (1.0, 4.0)), ((0.5, 1.5), (3.0, 2.5)))


def pushed(z: torch.Tensor) -> torch.Tensor:
    return torch.stack([z[:, 0].exp(), 1 + z[:, 1] + z[:, 1]], -1)


def box_mass(low: torch.Tensor, high: torch.Tensor) -> float:
    """Pr(X ∈ B) from the cdfs of the coordinates, which are independent."""
    ends = [torch.stack([x[0].log(), (x[1] - 1) / 2]) for x in (low, high)]
    return (torch.special.ndtr(ends[1]) - torch.special.ndtr(ends[0])).prod().item()


def as_number(value: float) -> torch.Tensor:
    return torch.tensor(value, dtype=torch.float64)


@q4.step("samples", "la fracción de las muestras", "the fraction of the samples")
def _(by_samples, by_integral):
    z = gaussian_points(4000, 2, seed=7)
    x = pushed(z)
    for corners in BOXES:
        low, high = (tensor(*corner) for corner in corners)
        found = by_samples(z, low, high, shape=())
        above, below = x >= low, x <= high
        inside = (above & below).all(-1)
        right = inside.double().mean()
        value, expected, box = found.item(), right.item(), f"{show(low)}–{show(high)}"
        if same(found, inside.double().sum()):
            hint = Text(
                "Devolvió cuántas muestras caen en la caja; se pide la fracción.",
                "You returned how many samples fall in the box; the fraction is asked for.",
            )
        elif same(found, ((z >= low) & (z <= high)).all(-1).double().mean()):
            hint = Text(
                "La caja está en el espacio de X, y las muestras son de Z.",
                "The box lies in the space of X, and the samples are of Z.",
            )
        elif same(found, (above & below).any(-1).double().mean()):
            hint = Text(
                "Para estar en la caja no alcanza con que una coordenada esté en su intervalo.",
                "To be in the box it is not enough that one coordinate is in its interval.",
            )
        elif same(found, (above & below).double().mean()):
            hint = Text(
                "Promedió sobre coordenadas; cada muestra, con las dos, cuenta una sola vez.",
                "You averaged over coordinates; each sample, with both, counts only once.",
            )
        else:
            hint = Text(
                "Dibuje la caja y unas muestras: ¿se transformaron las dos coordenadas y se "
                "compararon con los cuatro lados?",
                "Draw the box and some samples: were both coordinates transformed, and compared "
                "with all four sides?",
            )
        need(
            abs(value - expected) < 1e-6,
            Text(
                f"En la caja {box} su fracción es {value:.5g}; caen allí {expected:.5g}.",
                f"In the box {box} your fraction is {value:.5g}; {expected:.5g} fall there.",
            ),
            hint,
        )


@q4.step("integral", "la integral", "the integral")
def _(by_samples, by_integral):
    z = gaussian_points(40_000, 2, seed=8)
    for corners in BOXES:
        low, high = (tensor(*corner) for corner in corners)
        found = by_integral(low, high, shape=())
        p, box = box_mass(low, high), f"{show(low)}–{show(high)}"
        fraction = by_samples(z, low, high, shape=()).item()
        error = math.sqrt(p * (1 - p) / len(z))
        x, area = rectangle(low.tolist(), high.tolist(), (200, 200))
        back = torch.stack([x[:, 0].log(), (x[:, 1] - 1) / 2], -1)
        base, stretch = standard_log_density(back).exp() * area, x[:, 0] * 2
        if same(found, (base / stretch.square()).sum()):
            hint = Text(
                "Es la igualdad de la clase: el elemento de área ya lleva el factor, y dividir otra "
                "vez lo cuenta dos veces.",
                "That is the lecture's equality: the element of area already has the factor, and "
                "to divide again counts it twice.",
            )
        elif same(found, base.sum()):
            hint = Text(
                "Integró la densidad de Z sin corregir su altura: la función cambia las áreas.",
                "You integrated the density of Z without correcting its height: the map "
                "changes areas.",
            )
        elif same(found, (base * stretch).sum()):
            hint = Text(
                "Multiplicó donde había que dividir: donde la función estira, la densidad baja.",
                "You multiplied where one divides: where the map stretches, the density falls.",
            )
        elif same(found, (base / stretch).sum() / area):
            hint = Text(
                "Sumó alturas; una integral suma alturas por áreas.",
                "You added heights; an integral adds heights times areas.",
            )
        elif same(found, (standard_log_density(x).exp() * area / stretch).sum()):
            hint = Text(
                "La densidad de Z se evalúa en un valor de Z: el que va a parar al centro de "
                "la celda.",
                "The density of Z is evaluated at a value of Z: the one that goes to the centre "
                "of the cell.",
            )
        else:
            hint = Text(
                "El determinante tiene un factor por cada coordenada, y uno cambia con el punto.",
                "The determinant has a factor for each coordinate, and one changes with the point.",
            )
        value = found.item()
        need(
            abs(value - p) < 1e-4,
            Text(
                f"En la caja {box} su integral da {value:.5f}; las muestras, "
                f"{fraction:.4f} ± {error:.4f}.",
                f"In the box {box} your integral gives {value:.5f}; the samples, "
                f"{fraction:.4f} ± {error:.4f}.",
            ),
            hint,
        )


# --- 5. The counter of pre-images --------------------------------------------------------------

q5 = Question("e04.q5", "preimage_counter(z, c)", float64=True)


def bent(z: torch.Tensor, c: float) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """f(z), f'(z) and r(f(z)) / p_Z(z)."""
    t, law = z.tanh(), Normal(0.0, 1.0)
    x = z + c * t
    return x, 1 + c * (1 - t.square()), (law.log_prob(x) - law.log_prob(z)).exp()


def counts(found: torch.Tensor, c: float, right: float, tolerance: float, hint: Text) -> None:
    value = found.item()
    need(
        abs(value - right) < tolerance,
        Text(
            f"Con c = {c:g} su contador da {value:.4f}; se espera {right:g} ± {tolerance:g}.",
            f"With c = {c:g} your counter gives {value:.4f}; {right:g} ± {tolerance:g} is expected.",
        ),
        hint,
    )


@q5.step("injective", "dos funciones inyectivas", "two injective maps")
def _(preimage_counter):
    z = gaussian_points(400_000, seed=9)
    for c in (-0.5, 3.0):
        found = preimage_counter(z, c, shape=())
        x, slope, ratio = bent(z, c)
        if same(found, (slope.abs() * ratio).sum()):
            hint = Text("La esperanza es un promedio, no una suma.", "A mean is not a sum.")
        elif same(found, ratio.mean()):
            hint = Text(
                "Falta el factor que mide cuánto estira la función en cada punto.",
                "The factor that measures how much the map stretches at each point is missing.",
            )
        elif same(found, slope.abs().mean()):
            hint = Text(
                "La densidad r se evalúa en el punto adonde llega z; en z se cancelaría siempre.",
                "The density r is evaluated at the point where z arrives; at z it would always "
                "cancel.",
            )
        elif same(found, (slope.abs() * Normal(0.0, 1.0).log_prob(x).exp()).mean()):
            hint = Text(
                "Las muestras vienen de Z y su densidad pesa: para quitarla hay que dividir.",
                "The samples come from Z and their density weighs: to remove it one divides.",
            )
        elif same(found, (slope.abs() / ratio).mean()):
            hint = Text(
                "El cociente de densidades está invertido.", "The ratio of densities is inverted."
            )
        else:
            hint = Text(
                "Para una función inyectiva el contador da 1. Revise la derivada por "
                "diferencias en algún punto.",
                "For an injective map the counter gives 1. Check the derivative by differences "
                "at some point.",
            )
        counts(found, c, 1, 0.02, hint)


@q5.step("folded", "una función que se pliega", "a map that folds")
def _(preimage_counter):
    z = gaussian_points(400_000, seed=10)
    found = preimage_counter(z, -2.0, shape=())
    _, slope, ratio = bent(z, -2.0)
    if abs(found.item() - 1) < 1e-9:
        hint = Text(
            "Da 1 con cualquier función: al dividir entre la suma de los pesos se pierde lo "
            "que se quería medir.",
            "It gives 1 with any map: to divide by the sum of the weights loses what was to "
            "be measured.",
        )
    elif same(found, (slope * ratio).mean()):
        hint = Text(
            "Las ramas que bajan restan en lugar de sumar: contar no depende del sentido.",
            "The branches that fall subtract instead of adding: counting does not depend on "
            "direction.",
        )
    else:
        hint = Text(
            "Donde la función baja hay masa que no se está contando.",
            "Where the map falls there is mass that is not being counted.",
        )
    counts(found, -2.0, 1.81, 0.08, hint)


@q5.step("average", "el promedio exacto", "the exact average")
def _(preimage_counter):
    for seed, c in enumerate((-2.0, -0.5, 3.0), start=11):
        z = gaussian_points(50, seed=seed)
        found = preimage_counter(z, c, shape=())
        _, slope, ratio = bent(z, c)
        counts(
            found,
            c,
            (slope.abs() * ratio).mean().item(),
            1e-6,
            Text(
                "Con muchas muestras acierta y con 50 no: promedie sobre las muestras que "
                "llegan, todas y solo ellas.",
                "With many samples it is right and with 50 it is not: average over the samples "
                "that come, all of them and no others.",
            ),
        )
