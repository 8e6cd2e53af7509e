"""Checks of chapter 7: triangular Jacobians.

What is right comes from elsewhere than the answers: elimination, the affine map that fits the
points, a z chosen beforehand, cdfs, the automatic Jacobian, sums over grids.
"""

from __future__ import annotations

import torch
from torch.func import jacrev, vmap
from torch.special import log_ndtr, ndtr
from torch.utils._python_dispatch import TorchDispatchMode

from nflib.course.check.engine import Question, need
from nflib.course.check.measure import gaussian_points, off, same
from nflib.course.check.result import Text


def compare(name, found, right, cases, *hints, tolerance=1e-8) -> None:
    """Need ``found`` near ``right``; the hint is that of the first case that holds, or the last.

    A case is a condition, or what a mistake gives.
    """
    error = off(found, right)
    worst = error.argmax()
    value, expected = found.reshape(-1)[worst].item(), right.reshape(-1)[worst].item()
    holds = [case if isinstance(case, bool) else same(found, case) for case in cases]
    need(
        error.max() < tolerance,
        Text(
            f"{name}: se obtuvo {value:.5g} y se esperaba {expected:.5g}.",
            f"{name}: {value:.5g} was found and {expected:.5g} expected.",
        ),
        hints[[*holds, True].index(True)],
    )


# --- 1. The logarithm of the determinant ---

q1 = Question("e07.q1", "log_abs_det(J)")


@q1.step("small", "matrices pequeñas", "small matrices")
def _(log_abs_det):
    J = gaussian_points(20, 4, 4, seed=1)
    J = torch.cat([J[:10].tril(), J[10:].triu()])
    right = torch.linalg.slogdet(J).logabsdet
    found = log_abs_det(J, shape=(20,), finite=False)
    compare(
        "log|det J|, d = 4",
        found,
        right,
        [bool(found.isnan().any()), same(found.abs(), right.exp()), right.sum().expand(20)],
        Text(
            "La diagonal tiene entradas negativas: ¿de qué se toma el logaritmo?",
            "The diagonal has negative entries: of what is the logarithm taken?",
        ),
        Text(
            "Es un determinante; falta el logaritmo.",
            "It is a determinant; the logarithm is missing.",
        ),
        Text(
            "Es un número para todas las matrices; se pide uno para cada una.",
            "It is one number for all matrices; each has its own.",
        ),
        Text(
            "Una entrada de cada fila participa en este determinante, con peso 1.",
            "One entry of each row takes part in this determinant, with weight 1.",
        ),
        tolerance=1e-5,
    )


@q1.step("large", "muchas dimensiones", "many dimensions")
def _(log_abs_det):
    g = torch.Generator().manual_seed(5)
    entries = 0.2 + 0.5 * torch.rand(2000, generator=g, dtype=torch.float64)
    J = torch.ones(1, 2000, 2000, dtype=torch.float64).tril(-1) + entries.diag()
    compare(
        "log|det J|, d = 2000",
        log_abs_det(J, shape=(1,), finite=False),
        entries.log().sum()[None],
        [],
        Text(
            "El producto de 2000 factores menores que 1 se redondea a 0; acotarlo no lo recupera.",
            "The product of 2000 factors below 1 is rounded to 0; a bound does not bring it back.",
        ),
        tolerance=1e-5,
    )


class Work(TorchDispatchMode):
    """Remembers the most numbers computed at once; views and copies do not count."""

    most = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        made = function(*args, **(kwargs or {}))
        given = [part.data_ptr() for part in args if isinstance(part, torch.Tensor)]
        for part in made if isinstance(made, tuple) else (made,):
            if isinstance(part, torch.Tensor) and function is not torch.ops.aten.clone.default:
                self.most = max(self.most, part.numel() * (part.data_ptr() not in given))
        return made


@q1.step("cost", "el costo", "the cost")
def _(log_abs_det):
    J = torch.eye(300, dtype=torch.float64)[None]
    with Work() as work:
        log_abs_det(J, shape=(1,))
    need(
        work.most < 300**2,
        Text(
            f"Con d = 300, su código calculó {work.most} números de una vez.",
            f"With d = 300, your code computed {work.most} numbers at once.",
        ),
        Text(
            "Correcto, pero no en O(d): opera con entradas que no cuentan.",
            "Right, but not in O(d): it works on entries that do not count.",
        ),
    )


# --- 2. A Gaussian as a triangular flow ---

q2 = Question("e07.q2", "gaussian_flow(z, m, Sigma)", "gaussian_log_det(Sigma)", float64=True)
ROOT = torch.tensor([[1.0, 0.0, 0.0], [0.8, 0.5, 0.0], [-0.6, 0.9, 1.5]], dtype=torch.float64)
SIGMA = ROOT @ ROOT.T
MEAN = torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64)


def fitted(flow) -> tuple[torch.Tensor, torch.Tensor]:
    """The matrix and the shift of the affine map, from where it carries 40 points."""
    z = torch.cat([gaussian_points(40, 3, seed=3), torch.ones(40, 1)], 1)
    table = torch.linalg.lstsq(z, flow(z[:, :3], MEAN, SIGMA)).solution
    return table[:3].T, table[3]


@q2.step("mean", "la media", "the mean")
def _(flow, log_det):
    compare(
        "E[X_i]",
        fitted(flow)[1],
        MEAN,
        [0 * MEAN],
        Text("La ley de X tiene que centrarse en m.", "The law of X has to be centred at m."),
        Text("¿Qué x da su función en z = 0?", "Which x does your function give at z = 0?"),
    )


@q2.step("covariance", "la covarianza", "the covariance")
def _(flow, log_det):
    J, _ = fitted(flow)
    compare(
        "Cov(X_i, X_j)",
        J @ J.T,
        SIGMA,
        [same(J.T @ J, SIGMA), SIGMA @ SIGMA, same(J @ SIGMA @ J.T, torch.eye(3))],
        Text(
            "Traspuesta: los puntos son filas, y la covarianza de Jz es JJᵀ.",
            "Transposed: points are rows, and the covariance of Jz is JJᵀ.",
        ),
        Text(
            "Σ son varianzas: en una dimensión, ¿z se multiplica por σ o por σ²?",
            "Σ holds variances: in one dimension, is z multiplied by σ or by σ²?",
        ),
        Text(
            "Su matriz lleva la ley de X a la de Z, no al revés.",
            "Your matrix carries the law of X to that of Z, and not the reverse.",
        ),
        Text(
            "Compare el JJᵀ de su matriz con Σ: ¿están las correlaciones?",
            "Compare JJᵀ of your matrix with Σ: are the correlations there?",
        ),
    )


@q2.step("triangular", "la forma", "the shape")
def _(flow, log_det):
    J, _ = fitted(flow)
    compare(
        "J_ij, i < j",
        J.triu(1),
        0 * J,
        [same(J, J.T), same(J.tril(-1), 0 * J)],
        Text(
            "La raíz simétrica da la ley, pero cada coordenada depende de todas.",
            "The symmetric root gives the law, but each coordinate depends on all.",
        ),
        Text(
            "Es triangular, del otro lado: ¿de quiénes depende x_1?",
            "It is triangular, on the other side: on whom does x_1 depend?",
        ),
        Text(
            "Girar z no cambia la ley: de las infinitas raíces de Σ, busque la triangular.",
            "To turn z keeps the law: of the infinitely many roots of Σ, find the triangular.",
        ),
    )


@q2.step("increasing", "creciente", "increasing")
def _(flow, log_det):
    least = fitted(flow)[0].diag().min().item()
    need(
        least > 0,
        Text(
            f"La menor entrada de la diagonal de J es {least:.4g}.",
            f"The least entry of the diagonal of J is {least:.4g}.",
        ),
        Text(
            "La ley y la forma están bien, pero alguna x_i decrece con su z_i.",
            "Law and shape are right, but some x_i decreases with its z_i.",
        ),
    )


@q2.step("log_det", "el determinante", "the determinant")
def _(flow, log_det):
    right = torch.linalg.slogdet(ROOT).logabsdet
    compare(
        "log|det J_f|",
        log_det(SIGMA, shape=(), finite=False),
        right,
        [2 * right],
        Text(
            "Es el de Σ, y Σ es el producto de dos factores.",
            "It is that of Σ, and Σ is the product of two factors.",
        ),
        Text(
            "¿Qué matriz triangular multiplica a z, y cuál es su determinante?",
            "Which triangular matrix multiplies z, and what is its determinant?",
        ),
    )


# --- 3. Forward substitution ---

q3 = Question("e07.q3", "invert(f, x, order)", float64=True)
NEAR = Text(
    "Está cerca, no a menos de 1e-8: ¿cuánto mide el último intervalo?",
    "It is near, not within 1e-8: how long is the last interval?",
)


def chain(order):
    """A triangular increasing map when the coordinates are read in that order."""

    def f(z):
        x, s = torch.zeros_like(z), torch.zeros_like(z[..., 0])
        for i in order:
            x[..., i] = z[..., i] * (1.5 + s.sin()) + z[..., i] ** 3 / 10 + 2 * (3 * s).cos()
            s = s + z[..., i]
        return x

    return f


def alone(f, found, x, base) -> list[bool]:
    """For each coordinate, whether it solves its equation with the others taken from ``base``."""
    own = torch.eye(x.shape[1], dtype=torch.bool)
    return [same(f(torch.where(row, found, base))[:, row], x[:, row]) for row in own]


def inverted(invert, f, z, order, cases, *hints) -> None:
    x = f(z)
    found = invert(f, x, list(order), shape=z.shape, finite=False)
    compare("z_i", found, z, cases(found, x), *hints)


@q3.step("line", "una coordenada", "one coordinate")
def _(invert):
    z = torch.linspace(-48, 48, 7, dtype=torch.float64)[:, None]
    inverted(
        invert,
        chain([0]),
        z,
        [0],
        lambda found, x: [bool(found.abs().max() < 40), bool((found - z).abs().max() < 0.5)],
        Text(
            "La búsqueda no llega hasta z: el enunciado dice cuán lejos puede estar.",
            "The search does not reach z: the statement says how far it may be.",
        ),
        NEAR,
        Text(
            "Si f de lo que devuelve queda corto, ¿hacia dónde se mueve z?",
            "If f of what you return falls short, which way must z move?",
        ),
    )


@q3.step("sequence", "una después de otra", "one after another")
def _(invert):
    f, z = chain(range(4)), 2 * gaussian_points(8, 4, seed=4)
    inverted(
        invert,
        f,
        z,
        range(4),
        lambda found, x: [
            same(found, z),
            all(alone(f, found, x, x)),
            all(alone(f, found, x, 0 * x)),
            same(found[:, 0], z[:, 0]),
        ],
        NEAR,
        Text(
            "Al resolver z_2 dio a f la primera coordenada de x, no la de z.",
            "To solve for z_2 you gave f the first coordinate of x, not that of z.",
        ),
        Text(
            "Cada coordenada se resolvió como si las anteriores fueran 0.",
            "Each coordinate was solved as if those before it were 0.",
        ),
        Text(
            "z_1 está bien: la ecuación de otra la supone definitiva, no a medio buscar.",
            "z_1 is right: the equation of another takes it as final, not as half found.",
        ),
        Text(
            "La primera ecuación tiene una sola incógnita: resuélvala y siga.",
            "The first equation has one unknown: solve it and go on.",
        ),
    )


@q3.step("order", "otro orden", "another order")
def _(invert):
    order = [2, 0, 3, 1]
    f, z = chain(order), 2 * gaussian_points(8, 4, seed=5)
    inverted(
        invert,
        f,
        z,
        order,
        lambda found, x: [same(found, z[:, order]), alone(f, found, x, 0 * x)[1]],
        Text(
            "Los valores son correctos, su lugar no: la columna i es la de z_i.",
            "The values are right, their places are not: column i belongs to z_i.",
        ),
        Text(
            "Empezó por la coordenada cuyo lugar es 0; la primera es order[0].",
            "You began with the coordinate whose place is 0; the first is order[0].",
        ),
        Text(
            "¿Qué coordenada de f depende de una sola? No siempre es la primera.",
            "Which coordinate of f depends on only one? It is not always the first.",
        ),
    )


@q3.step("steep", "pendientes muy distintas", "very different slopes")
def _(invert):
    z = torch.tensor([[20.0, 30.0], [-18.0, 25.0], [0.5, -40.0]], dtype=torch.float64)
    inverted(
        invert,
        lambda z: torch.stack([z[:, 0].sinh(), z[:, 1] / 100 + z.diff()[:, 0].tanh()], -1),
        z,
        range(2),
        lambda found, x: [],
        Text(
            "Un paso según la derivada puede saltar muy lejos. ¿Qué método usa solo que f crece?",
            "A step along the derivative may leap very far. Which method only uses that f grows?",
        ),
    )


# --- 4. Knothe and Rosenblatt ---

q4 = Question("e07.q4", "knothe(z)", "knothe_log_det(z)", "rosenblatt(x)", float64=True)


def width(x1: torch.Tensor) -> torch.Tensor:
    return (1 + x1.square()).sqrt()


def carried(z: torch.Tensor) -> torch.Tensor:
    """T(z), from both tails of Φ."""
    x1, y = (log_ndtr(z) - log_ndtr(-z)).unbind(-1)
    return torch.stack([x1, x1.square() + width(x1) * y], -1)


def base(seed: int) -> torch.Tensor:
    return gaussian_points(100, 2, seed=seed).clamp(-3, 3)


@q4.step("first", "la primera coordenada", "the first coordinate")
def _(T, log_det, R):
    z = base(6)
    right = ndtr(z[:, 0])
    compare(
        "F₁(T₁(z))",
        T(z)[:, 0].sigmoid(),
        right,
        [right.sigmoid()],
        Text(
            "Es uniforme: falta pasar de la probabilidad al cuantil.",
            "It is uniform: the step from probability to quantile is missing.",
        ),
        Text(
            "¿Con qué probabilidad queda Z₁ debajo de z₁? ¿Y X₁ debajo de x₁?",
            "With which probability is Z₁ below z₁? And X₁ below x₁?",
        ),
    )


@q4.step("second", "la segunda, dada la primera", "the second, given the first")
def _(T, log_det, R):
    z = base(7)
    x1, x2 = T(z).unbind(1)
    z1, y = z[:, 0], ndtr(z[:, 1]).logit()
    compare(
        "F₂(T₂(z) | T₁(z))",
        ((x2 - x1.square()) / width(x1)).sigmoid(),
        ndtr(z[:, 1]),
        [same(x2, z1.square() + width(z1) * y), z[:, 1].sigmoid()],
        Text(
            "La ley condicional mira x₁, no z₁: la coordenada ya transportada.",
            "The conditional law looks at x₁, not at z₁: the coordinate already carried.",
        ),
        Text(
            "Centro y ancho están bien, pero la forma es gaussiana.",
            "Centre and width are right, but the shape is Gaussian.",
        ),
        Text(
            "Iguale F₂(x₂ | x₁) a Φ(z₂) y despeje x₂: cambian con x₁ el centro y el ancho.",
            "Set F₂(x₂ | x₁) equal to Φ(z₂) and solve for x₂: centre and width change with x₁.",
        ),
    )


@q4.step("tails", "las colas", "the tails")
def _(T, log_det, R):
    z = torch.tensor([[9.0, 0.5], [-9.0, 9.0], [10.0, -10.0]], dtype=torch.float64)
    compare(
        "T_i(z), |z| ≥ 9",
        T(z, finite=False),
        carried(z),
        [],
        Text(
            "Φ(9) se redondea a 1. Por simetría, ¿en qué otro punto vale Φ la masa que queda?",
            "Φ(9) is rounded to 1. By symmetry, at which other point is Φ the mass that is left?",
        ),
    )


@q4.step("log_det", "el determinante", "the determinant")
def _(T, log_det, R):
    z = base(8)
    right = torch.linalg.slogdet(vmap(jacrev(carried))(z)).logabsdet
    compare(
        "log|det J_T|",
        log_det(z, shape=(100,), finite=False),
        right,
        [-right, right - width(carried(z)[:, 0]).log()],
        Text(
            "El cociente está invertido: donde T estira, ¿qué densidad es la menor?",
            "The ratio is upside down: where T stretches, which density is the smaller?",
        ),
        Text(
            "La densidad de X₂ tiene otro ancho en cada x₁; eso también estira.",
            "The density of X₂ has another width at each x₁; that stretches as well.",
        ),
        Text(
            "Mueva cada z_i, mida cuánto se mueve su x_i y sume los dos logaritmos.",
            "Move each z_i, measure how far its x_i moves, and add the two logarithms.",
        ),
    )


@q4.step("inverse", "la inversa", "the inverse")
def _(T, log_det, R):
    z = base(9)
    compare(
        "z_i",
        R(carried(z), finite=False),
        z,
        [ndtr(z)],
        Text(
            "Esas son probabilidades, uniformes; la base es gaussiana.",
            "Those are probabilities, uniform; the base is Gaussian.",
        ),
        Text(
            "Deshaga los pasos de T en el orden contrario.",
            "Undo the steps of T in the opposite order.",
        ),
        tolerance=1e-6,
    )


# --- 5. What is lost ---

q5 = Question("e07.q5", "constant_width_loss(a)", "centre(x1)", "width(x1)", float64=True)


def normal_weights(x1: torch.Tensor) -> torch.Tensor:
    return torch.softmax(-x1.square() / 2, 0)


@q5.step("constant", "un solo ancho", "a single width")
def _(loss, centre, width):
    x1 = torch.linspace(-12, 12, 2001, dtype=torch.float64)
    weights = normal_weights(x1)
    for a in (0.5, -1.0, 1.25):
        right = (weights @ (2 * a * x1).exp()).log() / 2 - weights @ (a * x1)
        compare(
            f"KL, a = {a:g}",
            loss(a, shape=()),
            right,
            [right / 2],
            Text(
                "El mejor ancho no es el promedio de los anchos: ¿qué se promedia?",
                "The best width is not the average of the widths: what is averaged?",
            ),
            Text(
                "Escriba la entropía cruzada contra 𝒩(m, s²), halle el mejor s y reste la entropía.",
                "Write the cross entropy against 𝒩(m, s²), find the best s, subtract the entropy.",
            ),
            tolerance=1e-6,
        )


def on_grid(centre, width):
    x1 = torch.linspace(-5, 5, 1001, dtype=torch.float64)
    return x1, centre(x1), width(x1)


@q5.step("limits", "los límites", "the limits")
def _(loss, centre, width):
    _, m, s = on_grid(centre, width)
    far, low, high = m.abs().max().item(), s.min().item(), s.max().item()
    need(
        0.05 <= low and high <= 10 and far <= 30,
        Text(
            f"Su ancho va de {low:.4g} a {high:.4g}, y |centro| llega a {far:.4g}.",
            f"Your width goes from {low:.4g} to {high:.4g}, and |centre| up to {far:.4g}.",
        ),
        Text(
            "El enunciado dice entre qué valores pueden estar si |x₁| ≤ 5.",
            "The statement says between which values they may lie if |x₁| ≤ 5.",
        ),
    )


def reversed_loss(x1: torch.Tensor, m: torch.Tensor, s: torch.Tensor) -> float:
    """The least KL, in nats, of Gaussian conditionals in the order (2, 1), by sums over a grid."""
    weights = normal_weights(x1)
    low, high = (m - 6 * s).min().item(), (m + 6 * s).max().item()
    x2 = torch.linspace(low, high, 2000, dtype=torch.float64)
    joint = (-((x2[:, None] - m) / s).square() / 2).exp() * (weights / s)
    p = joint.sum(1).clamp_min(1e-300)
    spread = (joint @ x1.square() / p - (joint @ x1 / p).square()).clamp_min(1e-12)
    p = p / p.sum()
    variance = p @ x2.square() - (p @ x2).square()
    return (variance.log() / 2 + p @ spread.log() / 2 - weights @ s.log()).item()


@q5.step("order", "el otro orden", "the other order")
def _(loss, centre, width):
    x1, m, s = on_grid(centre, width)
    lost, rise = reversed_loss(x1, m, s), m.diff()
    if lost < 1e-3:
        hint = Text(
            "Si (X₁, X₂) es gaussiano, los dos órdenes son exactos.",
            "If (X₁, X₂) is Gaussian, both orders are exact.",
        )
    elif same(rise, 0 * rise):
        hint = Text(
            "Solo cambia el ancho, y x₂ dice poco de x₁. Mueva también el centro.",
            "Only the width changes, and x₂ tells little about x₁. Move the centre too.",
        )
    elif (rise >= 0).all() or (rise <= 0).all():
        hint = Text(
            "El centro es monótono. ¿Y si a un mismo x₂ se llegara desde x₁ lejanos?",
            "The centre is monotone. What if one x₂ could come from distant values of x₁?",
        )
    else:
        hint = Text(
            "X₁ dado x₂ ya tiene varios modos: conviene que sean angostos y lejanos.",
            "X₁ given x₂ already has several modes: let them be narrow and distant.",
        )
    need(
        lost >= 2,
        Text(
            f"Con su ley, el orden (2, 1) pierde {lost:.3f} nats; se piden 2.",
            f"With your law the order (2, 1) loses {lost:.3f} nats; 2 are asked for.",
        ),
        hint,
    )
