"""Checks of chapter 8: coupling and autoregressive flows.

What is right is computed in another way than the answers: indexing instead of masks, the
automatic Jacobian, paths counted through the masks, laws of PyTorch, bisection, a known density.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from nflib.course.check.engine import Question, need
from nflib.course.check.measure import gaussian_points, off, plane, same
from nflib.course.check.result import Text
from nflib.targets import TwoMoons

TOLERANCE = 1e-8


def agrees(
    name: str, found: Tensor, right: Tensor, wrong: list[Tensor], hints: tuple[Text, ...]
) -> None:
    """Need ``found`` equal to ``right``; else a hint, that of the wrong value found or the last."""
    error = off(found, right).flatten()
    worst = error.argmax()
    value, expected = found.flatten()[worst].item(), right.flatten()[worst].item()
    met = (hint for mistake, hint in zip(wrong, hints, strict=False) if same(found, mistake, 1e-7))
    need(
        error.max() < TOLERANCE,
        Text(
            f"{name} da {value:.6g} donde debería dar {expected:.6g}.",
            f"{name} gives {value:.6g} where it should give {expected:.6g}.",
        ),
        next(met, hints[-1]),
    )


# --- 1. An affine coupling ---------------------------------------------------------------------

q1 = Question(
    "e08.q1",
    "forward(z, mask, net)",
    "inverse(x, mask, net)",
    "log_det(z, mask, net)",
    float64=True,
)


class Network:
    """(s, t) of all coordinates from those that the mask lets through, with fixed weights."""

    def __init__(self, d: int) -> None:
        self.weights = gaussian_points(3, d, d, seed=d) / math.sqrt(d)

    def __call__(self, seen: Tensor) -> tuple[Tensor, Tensor]:
        hidden = torch.tanh(seen @ self.weights[0] + 0.3)
        return hidden @ self.weights[1], torch.sin(hidden @ self.weights[2]) + 0.5


def layers() -> list[tuple[Tensor, Tensor, Network]]:
    masks = ([1, 0], [0, 1, 1, 0, 1], [1, 0, 1])
    return [
        (gaussian_points(7, len(mask), seed=k), torch.tensor(mask).double(), Network(len(mask)))
        for k, mask in enumerate(masks)
    ]


def coupled(z: Tensor, mask: Tensor, net: Network) -> Tensor:
    """x by indexing, from one point (d,) or many."""
    kept, changed = mask.bool(), ~mask.bool()
    s, t = net(torch.where(kept, z, 0.0))
    x = z.clone()
    x[..., changed] = z[..., changed] * s[..., changed].exp() + t[..., changed]
    return x


@q1.step("unchanged", "las coordenadas que pasan", "the coordinates that pass")
def _(forward, inverse, log_det):
    hints = (
        Text(
            "La red da números para todas las coordenadas; las que la máscara marca con 1 no se mueven.",
            "The network gives numbers for all coordinates; those that the mask marks with 1 do not move.",
        ),
        Text(
            "La salida debe contener las coordenadas marcadas con 1, tal como llegaron.",
            "The output must contain the coordinates marked with 1, just as they came.",
        ),
    )
    for z, mask, net in layers():
        s, t = net(mask * z)
        x = forward(z, mask, net)
        kept = mask.bool()
        agrees("x_A", x[:, kept], z[:, kept], [(z * s.exp() + t)[:, kept]], hints)


@q1.step("values", "las coordenadas que cambian", "the coordinates that change")
def _(forward, inverse, log_det):
    hints = (
        Text(
            "La red vio coordenadas que al invertir no se conocerán: muéstrele solo las que no cambian.",
            "The network saw coordinates that will not be known when inverting: show "
            "it only those that do not change.",
        ),
        Text(
            "La red da el logaritmo de la escala, que puede ser negativo.",
            "The network gives the logarithm of the scale, which may be negative.",
        ),
        Text(
            "La traslación quedó multiplicada por la escala: ¿qué va primero?",
            "The shift got multiplied by the scale: what comes first?",
        ),
        Text(
            "Las coordenadas marcadas con 0 se escalan y se trasladan, y nada más.",
            "The coordinates marked with 0 are scaled and shifted, and nothing else.",
        ),
    )
    for z, mask, net in layers():
        (s, t), (s_all, t_all) = net(mask * z), net(z)
        rest = 1 - mask
        agrees(
            "x_B",
            forward(z, mask, net),
            coupled(z, mask, net),
            [
                mask * z + rest * (z * s_all.exp() + t_all),
                mask * z + rest * (z * s + t),
                mask * z + rest * (z + t) * s.exp(),
            ],
            hints,
        )


@q1.step("inverse", "la inversa", "the inverse")
def _(forward, inverse, log_det):
    hints = (
        Text(
            "A la ida la red vio un vector y a la vuelta otro: los dos deben coincidir.",
            "On the way there the network saw one vector and on the way back another: the two must be equal.",
        ),
        Text(
            "Los pasos se deshacen en el orden contrario al de la ida.",
            "Steps are undone in the order opposite to that of the way there.",
        ),
        Text("Esa es otra vez la ida.", "That is the way there again."),
        Text(
            "No hace falta invertir la red: al llegar, sus entradas siguen a la vista.",
            "The network need not be inverted: on arrival its inputs are still in sight.",
        ),
    )
    for z, mask, net in layers():
        x = coupled(z, mask, net)
        (s, t), (s_all, t_all) = net(mask * x), net(x)
        rest = 1 - mask
        agrees(
            "f⁻¹(f(z))",
            inverse(x, mask, net),
            z,
            [
                mask * x + rest * (x - t_all) * (-s_all).exp(),
                mask * x + rest * (x * (-s).exp() - t),
                coupled(x, mask, net),
            ],
            hints,
        )


@q1.step("log_det", "el logaritmo del determinante", "the logarithm of the determinant")
def _(forward, inverse, log_det):
    hints = (
        Text(
            "Sumó también las coordenadas que no cambian; su derivada es 1.",
            "You added those coordinates too that do not change; their derivative is 1.",
        ),
        Text("Ese es el de la inversa.", "That is the one of the inverse."),
        Text("Se pide el logaritmo.", "The logarithm is asked for."),
        Text("Promedió donde se suma.", "You averaged where one adds."),
        Text(
            "El jacobiano es triangular por bloques: mire qué hay en su diagonal.",
            "The Jacobian is block triangular: look at what is on its diagonal.",
        ),
    )
    for z, mask, net in layers():
        J = torch.func.vmap(torch.func.jacrev(lambda p, m=mask, n=net: smooth(p, m, n)))(z)
        right = torch.linalg.slogdet(J).logabsdet
        s, _ = net(mask * z)
        agrees(
            "log|det J_f|",
            log_det(z, mask, net, shape=(len(z),)),
            right,
            [s.sum(1), -right, right.exp(), right / (1 - mask).sum()],
            hints,
        )


def smooth(z: Tensor, mask: Tensor, net: Network) -> Tensor:
    """`coupled` without assignments, for automatic differentiation."""
    s, t = net(torch.where(mask.bool(), z, 0.0))
    return torch.where(mask.bool(), z, z * s.exp() + t)


# --- 2. The masks of MADE ----------------------------------------------------------------------

q2 = Question(
    "e08.q2", "degrees(h, d)", "first_mask(order, m)", "last_mask(order, m)", float64=True
)
SIZES = ((3, 7), (5, 12), (6, 5))


def orders(d: int) -> list[Tensor]:
    """The natural order, and one drawn at random."""
    drawn = torch.randperm(d, generator=torch.Generator().manual_seed(d))
    return [order.double() + 1 for order in (torch.arange(d), drawn)]


def paths(first: Tensor, last: Tensor) -> Tensor:
    """In how many ways coordinate j reaches output i, shape (d, d)."""
    return torch.einsum("ik,kj->ij", last, first)


def spread(h: int, d: int) -> Tensor:
    return torch.tensor([float(k % (d - 1) + 1) for k in range(h)], dtype=torch.float64)


@q2.step("degrees", "los grados de las unidades", "the degrees of the units")
def _(degrees, first_mask, last_mask):
    for d, h in SIZES:
        m = degrees(h, d, shape=(h,))
        low, high, count = m.min().item(), m.max().item(), len(m.unique())
        need(
            same(m, m.round()) and low >= 1 and high <= d - 1 and count == d - 1,
            Text(
                f"Con d = {d} y h = {h} sus grados van de {low:g} a {high:g} y {count} son distintos.",
                f"With d = {d} and h = {h} your degrees go from {low:g} to {high:g} and {count} are different.",
            ),
            Text(
                "Una unidad que ve todas las coordenadas no puede servir a ninguna salida.",
                "A unit that sees all coordinates cannot serve any output.",
            )
            if high > d - 1
            else Text(
                "Una unidad de grado menor que 1 no ve ninguna coordenada.",
                "A unit of a degree below 1 sees no coordinate.",
            )
            if low < 1
            else Text(
                "Hay grados posibles que ninguna unidad tiene: por ahí se pierde información.",
                "There are possible degrees that no unit has: information is lost there.",
            ),
        )


def first_right(order: Tensor, m: Tensor) -> Tensor:
    rows = [[float(a <= k) for a in order.tolist()] for k in m.tolist()]
    return torch.tensor(rows, dtype=torch.float64)


@q2.step("first", "la primera máscara", "the first mask")
def _(degrees, first_mask, last_mask):
    hints = (
        Text(
            "Las unidades de grado 1 no ven nada: aquí la desigualdad no es la estricta.",
            "Units of degree 1 see nothing: here the inequality is not the strict one.",
        ),
        Text(
            "Cada unidad ve justo lo que no debería ver.",
            "Each unit sees exactly what it should not.",
        ),
        Text(
            "Acierta con el orden natural; las coordenadas pueden venir en otro.",
            "It is right for the natural order; the coordinates may come in another one.",
        ),
        Text(
            "Una unidad de grado k ve las coordenadas que ocupan los lugares 1 a k.",
            "A unit of degree k sees the coordinates that have the places 1 to k.",
        ),
    )
    for d, h in SIZES:
        for order in orders(d):
            m = spread(h, d)
            right = first_right(order, m)
            agrees(
                "M¹",
                first_mask(order, m, shape=(h, d)),
                right,
                [
                    right - (order == m[:, None]).double(),
                    1 - right,
                    first_right(torch.arange(1, d + 1), m),
                ],
                hints,
            )


@q2.step("leak", "ninguna salida ve de más", "no output sees too much")
def _(degrees, first_mask, last_mask):
    for d, h in SIZES:
        for order in orders(d):
            m = spread(h, d)
            last = last_mask(order, m, shape=(d, h))
            seen = paths(first_right(order, m), last)
            bad = (seen != 0) & (order >= order[:, None])
            count = int(bad.sum())
            need(
                count == 0,
                Text(
                    f"Con d = {d}, {count} pares (salida, coordenada) están unidos y no deberían.",
                    f"With d = {d}, {count} pairs (output, coordinate) are joined and should not.",
                ),
                Text(
                    "Cada salida ve su propia coordenada: la verosimilitud parecería excelente y sería falsa.",
                    "Each output sees its own coordinate: the likelihood would look excellent and be false.",
                )
                if not bool((bad & (order != order[:, None])).any())
                else Text(
                    "Un peso de esta máscara une una unidad, que ya vio ciertos lugares, con una "
                    "salida: ¿cuáles puede recibir?",
                    "A weight of this mask joins a unit, which has seen certain places, to an "
                    "output: which may it receive?",
                ),
            )


@q2.step("complete", "ninguna salida ve de menos", "no output sees too little")
def _(degrees, first_mask, last_mask):
    for d, h in SIZES:
        for order in orders(d):
            m = spread(h, d)
            last = last_mask(order, m, shape=(d, h))
            lost = (paths(first_right(order, m), last) == 0) & (order < order[:, None])
            count = int(lost.sum())
            need(
                count == 0,
                Text(
                    f"Con d = {d}, {count} pares (salida, coordenada anterior) no están unidos.",
                    f"With d = {d}, {count} pairs (output, earlier coordinate) are not joined.",
                ),
                Text("Las salidas no dependen de nada.", "The outputs do not depend on anything.")
                if bool((last == 0).all())
                else Text(
                    "La desigualdad es más severa de lo necesario.",
                    "The inequality is more severe than it need be.",
                ),
            )
            need(
                bool((last == (m < order[:, None])).all()),
                Text(
                    f"Con d = {d} los caminos están, pero faltan pesos o no valen 0 o 1.",
                    f"With d = {d} the paths are there, but weights are missing or not 0 or 1.",
                ),
                Text(
                    "Una máscara no pesa ni elige: deja pasar todo lo permitido.",
                    "A mask neither weighs nor chooses: it lets pass all that is allowed.",
                ),
            )


# --- 3. Density and samples of a MAF -----------------------------------------------------------

q3 = Question("e08.q3", "log_prob(x, net)", "sample(z, net)", float64=True)


class Conditionals:
    """(m, s): row i depends only on the coordinates before i. Counts its calls."""

    def __init__(self, d: int) -> None:
        below = torch.ones(d, d, dtype=torch.float64).tril(-1)
        self.weights, self.calls = gaussian_points(2, d, d, seed=20 + d) * below, 0

    def __call__(self, x: Tensor) -> tuple[Tensor, Tensor]:
        self.calls += 1
        m = torch.sin(x @ self.weights[0].T + 0.4)
        return m, 0.6 * torch.tanh(x @ self.weights[1].T - 0.5)


def in_sequence(z: Tensor, net: Conditionals) -> Tensor:
    columns: list[Tensor] = []
    for i in range(z.shape[1]):
        rest = torch.zeros_like(z[:, i:])
        m, s = net(torch.cat([*columns, rest], 1))
        columns.append((m + s.exp() * z)[:, i : i + 1])
    return torch.cat(columns, 1)


@q3.step("density", "la densidad", "the density")
def _(log_prob, sample):
    hints = (
        Text(
            "La suma de los logaritmos de las escalas entra con el signo contrario: donde la escala "
            "es grande, la densidad baja.",
            "The sum of the logarithms of the scales enters with the opposite sign: where the scale "
            "is large the density falls.",
        ),
        Text("Falta el determinante.", "The determinant is missing."),
        Text(
            "Falta la constante de la gaussiana, una vez por coordenada.",
            "The Gaussian's constant is missing, once for each coordinate.",
        ),
        Text(
            "Para evaluar se va de x a z, y usted fue en el otro sentido.",
            "To evaluate one goes from x to z, and you went the other way.",
        ),
        Text(
            "Cada condicional es una gaussiana: escriba su logaritmo y sume.",
            "Each conditional is a Gaussian: write its logarithm and add.",
        ),
    )
    for d in (1, 3, 6):
        x, net = 1.5 * gaussian_points(8, d, seed=d), Conditionals(d)
        m, s = net(x)
        right = Normal(m, s.exp()).log_prob(x).sum(1)
        z, base = (x - m) / s.exp(), Normal(0.0, 1.0)
        agrees(
            "log p(x)",
            log_prob(x, net, shape=(len(x),)),
            right,
            [
                base.log_prob(z).sum(1) + s.sum(1),
                base.log_prob(z).sum(1),
                right + d * math.log(2 * math.pi) / 2,
                base.log_prob(m + s.exp() * x).sum(1) - s.sum(1),
            ],
            hints,
        )


@q3.step("sample", "las muestras", "the samples")
def _(log_prob, sample):
    hints = (
        Text(
            "La red espera coordenadas de x y recibió las de z. Ese es otro modelo, el IAF.",
            "The network expects coordinates of x and got those of z. That is another model, IAF.",
        ),
        Text(
            "Con una sola pasada la red no vio ninguna coordenada ya simulada.",
            "With a single pass the network has seen no coordinate already drawn.",
        ),
        Text("Eso lleva x a z.", "That takes x to z."),
    )
    for d in (1, 3, 6):
        z, net = gaussian_points(8, d, seed=30 + d), Conditionals(d)
        m, s = net(z)
        m0, s0 = net(torch.zeros_like(z))
        found = sample(z, net)
        agrees(
            "x",
            found,
            in_sequence(z, net),
            [m + s.exp() * z, m0 + s0.exp() * z, (z - m) / s.exp()],
            (
                *hints,
                Text(
                    "La última coordenada depende de todas las anteriores: ¿en qué orden se llenan?",
                    "The last coordinate depends on all before it: in which order are they filled in?",
                )
                if same(found[:, :1], in_sequence(z, net)[:, :1])
                else Text(
                    "La primera coordenada no depende de ninguna otra; revísela sola.",
                    "The first coordinate depends on no other; check it by itself.",
                ),
            ),
        )


@q3.step("calls", "las llamadas a la red", "the calls of the network")
def _(log_prob, sample):
    d = 6
    net = Conditionals(d)
    log_prob(gaussian_points(8, d, seed=40), net, shape=(8,))
    evaluating, net.calls = net.calls, 0
    sample(gaussian_points(8, d, seed=41), net)
    message = Text(
        f"Con d = {d} su densidad llama a la red {evaluating} veces y sus muestras {net.calls}.",
        f"With d = {d} your density calls the network {evaluating} times and your samples {net.calls}.",
    )
    need(
        evaluating == 1,
        message,
        Text(
            "Para evaluar, x se conoce entero: la red puede responder todo de una vez.",
            "To evaluate, the whole of x is known: the network can answer everything at once.",
        ),
    )
    need(
        net.calls <= d,
        message,
        Text(
            "El resultado es correcto y el costo no: cada llamada puede dejar lista una coordenada más.",
            "The result is right and the cost is not: each call can settle one more coordinate.",
        ),
    )


# --- 4. One bin of a spline --------------------------------------------------------------------

BIN = "(x, w, h, d0, d1)"
q4 = Question("e08.q4", f"spline{BIN}", f"slope{BIN}", "inverse(y, w, h, d0, d1)", float64=True)
BINS = ((1.0, 1.0, 0.5, 2.0), (2.0, 0.7, 1.5, 0.2), (0.5, 3.0, 4.0, 9.0), (2.0, 1.0, 0.1, 0.3))
LINES = ((2.0, 3.0, 1.5, 1.5), (1.0, 2.0, 1.0, 3.0))  # d0 + d1 = 2s; in the first, a straight line


def inside(length: float) -> Tensor:
    return torch.linspace(0, length, 41, dtype=torch.float64)


def quotient(x: Tensor, w: float, h: float, d0: float, d1: float) -> Tensor:
    """The spline through its Bernstein form: weights 1, (d0 + d1)/(2s), 1 of the parabolas."""
    p, q = x / w, 1 - x / w
    top = h * (p * p + d0 * w / h * p * q)
    return top / (p * p + q * q + (d0 + d1) * w / h * p * q)


@q4.step("ends", "los extremos", "the ends")
def _(spline, slope, inverse):
    for w, h, d0, d1 in BINS:
        y = spline(inside(w), w, h, d0, d1)
        first, last = y[0].item(), y[-1].item()
        need(
            abs(first) < 1e-12 and abs(last - h) < 1e-12 * max(1, h),
            Text(
                f"De 0 a {w:g} su función va de {first:.6g} a {last:.6g}; debe ir de 0 a {h:g}.",
                f"From 0 to {w:g} your function goes from {first:.6g} to {last:.6g}; it must go "
                f"from 0 to {h:g}.",
            ),
            Text(
                "Recorre [0, 1] y no el tramo: falta un factor.",
                "It runs over [0, 1] and not over the bin: a factor is missing.",
            )
            if abs(last - 1) < 1e-9
            else Text(
                "¿Usó la posición relativa dentro del tramo, que va de 0 a 1?",
                "Did you use the relative position in the bin, which goes from 0 to 1?",
            ),
        )


@q4.step("values", "los valores", "the values")
def _(spline, slope, inverse):
    hints = (
        Text(
            "Las pendientes de los dos extremos están cambiadas.",
            "The slopes of the two ends are exchanged.",
        ),
        Text(
            "Es la recta entre los extremos: las pendientes no intervienen.",
            "That is the straight line between the ends: the slopes play no part.",
        ),
        Text(
            "Los extremos están bien; evalúe a mano el numerador y el denominador en el medio.",
            "The ends are right; evaluate numerator and denominator by hand in the middle.",
        ),
    )
    for w, h, d0, d1 in (*BINS, *LINES):
        x = inside(w)
        agrees(
            "g(x)",
            spline(x, w, h, d0, d1),
            quotient(x, w, h, d0, d1),
            [quotient(x, w, h, d1, d0), h * x / w],
            hints,
        )


@q4.step("slope", "la pendiente", "the slope")
def _(spline, slope, inverse):
    hints = (
        Text(
            "Derivó respecto de la posición relativa: falta una regla de la cadena.",
            "You differentiated with respect to the relative position: a chain rule is missing.",
        ),
        Text(
            "Devolvió el logaritmo; aquí se pide la pendiente misma.",
            "You returned the logarithm; here the slope itself is asked for.",
        ),
        Text("Es la pendiente de la inversa.", "That is the slope of the inverse."),
        Text(
            "Es la pendiente media del tramo, y la pendiente cambia con el punto.",
            "That is the mean slope of the bin, and the slope changes with the point.",
        ),
        Text(
            "En los dos extremos la pendiente se conoce: compare allí primero.",
            "At both ends the slope is known: compare there first.",
        ),
    )
    for w, h, d0, d1 in (*BINS, *LINES):
        x = inside(w).requires_grad_()
        y = quotient(x, w, h, d0, d1)
        right = torch.autograd.grad(y.sum(), x)[0]
        x = x.detach()
        agrees(
            "g′(x)",
            slope(x, w, h, d0, d1),
            right,
            [right * w, right.log(), 1 / right, torch.full_like(x, h / w)],
            hints,
        )


@q4.step("inverse", "la inversa", "the inverse")
def _(spline, slope, inverse):
    hints = (
        Text(
            "Esa es la posición relativa; se pide x.",
            "That is the relative position; x is asked for.",
        ),
        Text(
            "Invirtió la recta entre los extremos.",
            "You inverted the straight line between the ends.",
        ),
        Text(
            "La inversa de un cociente de cuadráticas no es otro cociente con las pendientes invertidas.",
            "The inverse of a quotient of quadratics is not another quotient with the slopes inverted.",
        ),
    )
    for w, h, d0, d1 in BINS:
        x = inside(w)
        y = quotient(x, w, h, d0, d1)
        found = inverse(y, w, h, d0, d1, finite=False)
        agrees(
            "g⁻¹(g(x))",
            found,
            x,
            [x / w, w / h * y, quotient(y, h, w, 1 / d0, 1 / d1)],
            (
                *hints,
                Text(
                    "Una ecuación cuadrática tiene dos raíces y solo una cae dentro del tramo.",
                    "A quadratic equation has two roots and only one falls in the bin.",
                )
                if not bool(((found >= -1e-9) & (found <= w + 1e-9)).all())
                else Text(
                    "Multiplique por el denominador y junte las potencias: ¿qué coeficiente tiene cada una?",
                    "Multiply by the denominator and collect the powers: which coefficient has each?",
                ),
            ),
        )


@q4.step("stable", "casi una recta", "almost a line")
def _(spline, slope, inverse):
    near = [(w, h, d0 * (1 + shift), d1) for w, h, d0, d1 in LINES for shift in (0.0, 1e-13, 1e-11)]
    for w, h, d0, d1 in near:
        x = inside(w)
        found = inverse(quotient(x, w, h, d0, d1), w, h, d0, d1, finite=False)
        error = off(found, x).max().item()
        need(
            error < 1e-10,
            Text(
                f"Con w = {w:g}, h = {h:g}, d0 = {d0!r}, d1 = {d1:g} el error llega a {error:.2g}.",
                f"With w = {w:g}, h = {h:g}, d0 = {d0!r}, d1 = {d1:g} the error reaches {error:.2g}.",
            ),
            Text(
                "El coeficiente cuadrático puede anularse: hay otra forma de escribir la raíz, en "
                "la que no divide.",
                "The quadratic coefficient may vanish: there is another way to write the root, "
                "in which it does not divide.",
            ),
        )


# --- 5. What a volume-preserving flow cannot do, and what a coupling flow can ------------------

q5 = Question("e08.q5", "best_kl(covariance)", "learn(x, points)")
BAR = 0.14  # a coordinate that never changes stays Gaussian, which alone costs 0.142 or 0.147
AFFINE = torch.tensor([[0.0, 1.3], [0.8, 0.0]]), torch.tensor([0.3, -0.2])


@q5.step("limit", "el límite de NICE", "the limit of NICE")
def _(best_kl, learn):
    hints = (
        Text(
            "Comparó con la base sin mover: un flujo así todavía puede estirar en una "
            "dirección lo que encoge en otra.",
            "You compared with the base unmoved: such a flow can still stretch in one "
            "direction what it shrinks in another.",
        ),
        Text(
            "Es la divergencia en el otro sentido; la máxima verosimilitud promedia sobre los datos.",
            "That is the divergence the other way; maximum likelihood averages over the data.",
        ),
        Text("Es lo que se pierde por coordenada.", "That is the loss per coordinate."),
        Text("Está en bits; se pide en nats.", "It is in bits; nats are asked for."),
        Text(
            "Cero exigiría igualar el volumen: ¿cuánto vale el determinante de la covarianza que se alcanza?",
            "Zero would need an equal volume: what is the determinant of the covariance that is reached?",
        ),
        Text(
            "De las covarianzas de determinante 1, ¿cuál se parece más a la de los datos? "
            "Use que la media aritmética no es menor que la geométrica.",
            "Of the covariances of determinant 1, which is most like that of the data? Use "
            "that the arithmetic mean is not less than the geometric one.",
        ),
    )
    for d in (1, 2, 5):
        A = gaussian_points(d, d, seed=50 + d)
        S = 0.3 * A @ A.T + 0.2 * torch.eye(d, dtype=torch.float64)
        one = torch.linalg.det(S) ** (1 / d)
        zero = torch.zeros(d, dtype=torch.float64)
        law = MultivariateNormal(zero, S)
        right = kl_divergence(law, MultivariateNormal(zero, S / one))
        still = kl_divergence(law, MultivariateNormal(zero, torch.eye(d, dtype=torch.float64)))
        back = kl_divergence(MultivariateNormal(zero, S / one), law)
        agrees(
            f"KL, d = {d},",
            best_kl(S, shape=()),
            right,
            [still, back, right / d, right / math.log(2), torch.zeros_like(right)],
            hints,
        )


@q5.step("flow", "el flujo", "the flow")
def _(best_kl, learn):
    generator = torch.Generator().manual_seed(60)
    law, (A, b) = TwoMoons(0.1), AFFINE
    move = lambda points: points @ A.T + b
    x, fresh = move(law.sample(4000, generator)), law.sample(4000, generator)
    grid, area = plane(6, 200)
    points = torch.cat([grid.float(), move(fresh)])
    found = learn(x, points, shape=(len(points),), finite=False)
    found = torch.where(found.isnan(), math.inf, found)
    mass = found[: len(grid)].clamp(max=300).exp().sum().item() * area
    need(
        0.97 < mass < 1.02,
        Text(
            f"La exponencial de lo que devuelve integra {mass:.4g} y debería integrar 1.",
            f"The exponential of what you return integrates to {mass:.4g} and should integrate to 1.",
        ),
        Text(
            "¿Devolvió la densidad en lugar de su logaritmo?",
            "Did you return the density in place of its logarithm?",
        )
        if found.min() >= 0 and found.max() > 0
        else Text(
            "Si estandarizó los datos, ese cambio de variables también tiene determinante.",
            "If you standardised the data, that change of variables has a determinant too.",
        ),
    )
    right = law.log_prob(fresh).double() - math.log(abs(torch.linalg.det(A).item()))
    kl = (right - found[len(grid) :]).mean().item()
    spread = MultivariateNormal(x.mean(0), torch.cov(x.T)).log_prob(move(fresh)).double()
    gauss = (right - spread).mean().item()
    need(
        kl < BAR,
        Text(
            f"En datos nuevos la divergencia es {kl:.3f} nats; debe ser menor que {BAR}. La mejor "
            f"gaussiana tiene {gauss:.3f}.",
            f"On new data the divergence is {kl:.3f} nats; it must be below {BAR}. The best "
            f"Gaussian has {gauss:.3f}.",
        ),
        Text(
            "Es peor que una gaussiana ajustada: ¿se entrenó, y con los datos que llegan?",
            "It is worse than a fitted Gaussian: was it trained, and on the data that come?",
        )
        if kl > gauss + 0.05
        else Text(
            "No es mejor que una gaussiana: una composición de funciones afines es afín.",
            "It is no better than a Gaussian: a composition of affine maps is affine.",
        )
        if kl > gauss - 0.05
        else Text(
            "Va por buen camino. ¿Cambian las dos coordenadas? ¿Alcanzan las capas, los pasos y "
            "la tasa de aprendizaje?",
            "You are on the right track. Do both coordinates change? Are layers, steps and learning rate enough?",
        ),
    )
