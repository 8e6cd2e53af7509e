"""Checks of chapter 6: planar layers, their constraint, inverse and gradient, the reverse divergence.

Determinants come from automatic Jacobians, roots from bisection, gradients from differences; the
density of a trained flow, from differences of its own samples.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable

import torch
from torch.func import jacrev, vmap
from torch.nn.functional import softplus

from nflib.course.check.engine import Question, need
from nflib.course.check.measure import gaussian_points, off, same
from nflib.course.check.result import Text

TOLERANCE = 1e-8
Points = torch.Tensor


def differs(name: str, found: Points, expected: Points) -> Text:
    """The message that tells the worst value."""
    worst = off(found, expected).argmax()
    value, right = found.reshape(-1)[worst].item(), expected.reshape(-1)[worst].item()
    return Text(
        f"`{name}` dio {value:.6g} y debía dar {right:.6g}.",
        f"`{name}` gave {value:.6g} and should give {right:.6g}.",
    )


def value_is(name: str, found: Points, expected: Points, hint: Text) -> None:
    need(same(found, expected, TOLERANCE), differs(name, found, expected), hint)


def tensor(*numbers: float) -> Points:
    return torch.tensor(numbers, dtype=torch.float64)


# --- 1. One layer ------------------------------------------------------------------------------

q1 = Question(
    "e06.q1",
    "planar(z, w, u, b)",
    "log_abs_det(z, w, u, b)",
    "volume_range(w, u)",
    float64=True,
)


def layers() -> list[tuple[Points, Points, Points, float]]:
    """z, w, u and b in several dimensions; the last layer folds."""
    found = []
    for d, c in ((1, 0.8), (2, -0.6), (5, 3.0), (50, 1.0), (2, -2.5)):
        z, w, u = (gaussian_points(*shape, seed=d) for shape in ((20, d), (d,), (2, d)))
        found.append((z, w, u[1] + (c - w @ u[1]) * w / (w @ w), 0.4))
    return found


def moved(z: Points, w: Points, u: Points, b: float) -> Points:
    return z + torch.outer(torch.tanh((z * w).sum(-1) + b), u)


@q1.step("layer", "la capa", "the layer")
def _(planar, log_abs_det, volume_range):
    for z, w, u, b in layers():
        found = planar(z, w, u, b)
        if same(found, moved(z, w, u, 0.0)):
            hint = Text("¿Dónde quedó b?", "Where is b?")
        elif same(found, moved(z, u, w, b)):
            hint = Text(
                "w mide y u empuja: están intercambiados.",
                "w measures and u pushes: they are exchanged.",
            )
        else:
            hint = Text(
                "Todo un hiperplano se mueve junto: cada punto tiene un solo número dentro de la "
                "tangente hiperbólica.",
                "A whole hyperplane moves together: each point has a single number within the "
                "hyperbolic tangent.",
            )
        value_is("planar", found, moved(z, w, u, b), hint)


@q1.step("determinant", "el determinante", "the determinant")
def _(planar, log_abs_det, volume_range):
    for z, w, u, b in layers():
        layer = functools.partial(moved, w=w, u=u, b=b)
        jacobians = vmap(jacrev(lambda point, f=layer: f(point[None])[0]))(z)
        expected = torch.linalg.slogdet(jacobians).logabsdet
        found = log_abs_det(z, w, u, b, shape=(len(z),), finite=False)
        t, c = torch.tanh(z @ w + b), w @ u
        if found.isnan().any():
            hint = Text(
                "Con c < −1 el determinante es negativo en algunos puntos.",
                "With c < −1 the determinant is negative at some points.",
            )
        elif same(found, (1 + (1 - t) * c).abs().log()):
            hint = Text(
                "La derivada de la tangente hiperbólica no es esa: compárela con diferencias en 0.5.",
                "That is not the derivative of the hyperbolic tangent: compare it with "
                "differences at 0.5.",
            )
        elif same(found, expected.exp()):
            hint = Text("Falta el logaritmo.", "The logarithm is missing.")
        elif same(found, (1 + (1 - t.square()) * (u @ u)).log()):
            hint = Text(
                "¿Qué producto interno da el lema, para la matriz de columna u y fila w?",
                "Which inner product does the lemma give, for the matrix of column u and row w?",
            )
        else:
            hint = Text(
                "Pruebe con d = 1: el determinante es la derivada, y se puede medir.",
                "Try d = 1: the determinant is the derivative, and can be measured.",
            )
        value_is("log_abs_det", found, expected, hint)


@q1.step("range", "los volúmenes", "the volumes")
def _(planar, log_abs_det, volume_range):
    for _, w, u, _ in layers()[:4]:
        found, c = volume_range(w, u, shape=(2,)), w @ u
        ends = torch.stack([torch.ones_like(c), 1 + c])
        if same(found, torch.stack([1 - c.abs(), 1 + c.abs()])):
            hint = Text(
                "La pendiente de la tangente hiperbólica nunca es negativa.",
                "The slope of the hyperbolic tangent is never negative.",
            )
        elif same(found.sort().values, ends.sort().values):
            hint = Text(
                "Son esos dos números; ¿cuál es el menor depende de un signo?",
                "It is these two numbers; does it depend on a sign which one is the smaller?",
            )
        else:
            hint = Text(
                "¿Cuánto vale la pendiente lejos del hiperplano que no se mueve, y cuánto en él?",
                "What is the slope far from the hyperplane that does not move, and what on it?",
            )
        value_is("volume_range", found, ends.sort().values, hint)


# --- 2. The constraint -------------------------------------------------------------------------

q2 = Question("e06.q2", "m(p)", "u_hat(w, v)", float64=True)


def right_m(p: Points) -> Points:
    return softplus(p + math.log(math.e - 1)) - 1


@q2.step("m", "la función m", "the function m")
def _(m, u_hat):
    p = torch.linspace(-8, 8, 33).double()
    found = m(p)
    if same(found, softplus(p) - 1):
        hint = Text(
            "Esa es la del artículo: en 0 no da 0, y la capa no empieza en la identidad.",
            "That is the one of the paper: at 0 it does not give 0, and the layer does not start "
            "at the identity.",
        )
    elif (found <= -1).any():
        hint = Text(
            "Alguno de sus valores es menor que −1: esa capa se pliega.",
            "Some of your values are below −1: such a layer folds.",
        )
    else:
        hint = Text(
            "m crece, va a −1 por la izquierda y vale 0 en 0: ¿cuánto valen los tres en la suya?",
            "m increases, goes to −1 on the left and is 0 at 0: what are these three in yours?",
        )
    value_is("m", found, right_m(p), hint)


@q2.step("extreme", "valores extremos", "extreme values")
def _(m, u_hat):
    p = tensor(-2000, -800, 800, 2000)
    found = m(p, finite=False)
    value_is(
        "m",
        found,
        right_m(p),
        Text(
            "La exponencial de 800 no cabe en la computadora. ¿Qué función de PyTorch calcula "
            "el logaritmo de 1 más una exponencial?",
            "The exponential of 800 does not fit in the computer. Which function of PyTorch "
            "computes the logarithm of 1 plus an exponential?",
        ),
    )


@q2.step("hat", "el vector que cumple", "the vector that complies")
def _(m, u_hat):
    for d in (2, 5):
        w, v = gaussian_points(2, 5000, d, seed=20 + d)
        sizes = torch.logspace(-1, 1, 5000).double()[:, None]
        w, v = w / w.norm(dim=1, keepdim=True) * sizes, 3 * v
        w[0, :2], v[0, :2] = tensor(0.3, 0.4), tensor(-12, 4)
        w[0, 2:] = v[0, 2:] = 0
        p, length = (w * v).sum(1, keepdim=True), w.norm(dim=1, keepdim=True)
        gap = right_m(p) - p
        expected, found = v + gap * w / length.square(), u_hat(w, v)
        if same(found, v + gap * w / length):
            hint = Text(
                "Acierta cuando w mide 1. Multiplique su vector por w: ¿con qué potencia de la norma "
                "se cancela lo que sobra?",
                "It is right when w has length 1. Multiply your vector by w: with which power of "
                "the norm does the excess cancel?",
            )
        elif same(found, v + right_m(p) * w / length.square()):
            hint = Text(
                "Agregó m entera: v ya tenía una parte a lo largo de w.",
                "You added the whole of m: v already had a part along w.",
            )
        elif same((w * found).sum(1, keepdim=True), right_m(p), 1e-6):
            hint = Text(
                "Cumple, pero se apartó de v más de lo necesario: solo cambia la parte a lo largo "
                "de w.",
                "It complies, but went farther from v than needed: only the part along w changes.",
            )
        else:
            hint = Text(
                "Cada fila es otro par: compruebe con una sola que el producto con w da m.",
                "Each row is another pair: check with a single one that the product with w is m.",
            )
        least = (w * found).sum(1).min().item()
        es, en = differs("u_hat", found, expected)
        need(
            same(found, expected, TOLERANCE),
            Text(
                f"{es} El menor producto con w es {least:.4f}.",
                f"{en} The least product with w is {least:.4f}.",
            ),
            hint,
        )


# --- 3. The inverse ----------------------------------------------------------------------------

q3 = Question("e06.q3", "root(y, c, b)", "inverse(x, w, u, b)", float64=True)
SHIFT = 0.7


def solved(y: Points, c: Points | float, b: float) -> Points:
    """The root by bisection, in α + b; 80 halvings reach rounding."""
    reach = torch.as_tensor(c).abs()
    low, high = y + b - reach, y + b + reach
    for _ in range(80):
        middle = (low + high) / 2
        above = middle + c * middle.tanh() > y + b
        low, high = torch.where(above, low, middle), torch.where(above, middle, high)
    return (low + high) / 2 - b


def goes_round(found: Points, y: Points, c: float, b: float, newton: bool) -> bool:
    """Whether ``found`` is where that iteration from y ends, after an even or odd number."""
    a, visited = y.clone(), []
    for step in range(402):
        t = torch.tanh(a + b)
        a = a - (a + c * t - y) / (1 + c * (1 - t.square()) if newton else 1)
        visited += [a] if step >= 400 else []
    near = torch.stack([(found - end).abs() for end in visited]).min(0).values
    return bool((near < 1e-3).double().mean() > 0.8)


def residual_is(found: Points, y: Points, c: float, hint: Text) -> None:
    expected = solved(y, c, SHIFT)
    failed = (found - expected).abs() >= TOLERANCE
    worst = (found - expected).abs().argmax()
    a = found[worst].item()
    left = a + c * math.tanh(a + SHIFT) - y[worst].item()
    need(
        not failed.any(),
        Text(
            f"Con c = {c:g} fallan {int(failed.sum())} de {len(y)} raíces; la peor deja un residuo "
            f"de {left:.3g}.",
            f"With c = {c:g}, {int(failed.sum())} of {len(y)} roots fail; the worst leaves a "
            f"residual of {left:.3g}.",
        ),
        hint,
    )


@q3.step("gentle", "la ecuación, con |c| = 0.5", "the equation, with |c| = 0.5")
def _(root, inverse):
    y = torch.linspace(-12, 12, 301).double()
    for c in (-0.5, 0.5):
        found = root(y, c, SHIFT)
        if same(found, solved(y, c, 0.0), 1e-6):
            hint = Text("¿Dónde quedó b?", "Where is b?")
        elif same(found, solved(y, c, SHIFT) + SHIFT, 1e-6):
            hint = Text(
                "Esa es la suma de la incógnita y b.",
                "That is the sum of the unknown and b.",
            )
        elif same(found, y - c * torch.tanh(y + SHIFT), 1e-6):
            hint = Text(
                "Es un solo paso: la incógnita está de los dos lados.",
                "It is a single step: the unknown is on both sides.",
            )
        else:
            hint = Text(
                "Ponga su resultado en la ecuación y mire el residuo: ¿baja si itera más?",
                "Put your result into the equation and look at the residual: does it fall with "
                "more iterations?",
            )
        residual_is(found, y, c, hint)


@q3.step("steep", "la ecuación, con c grande", "the equation, with a large c")
def _(root, inverse):
    y = torch.linspace(-12, 12, 301).double()
    for c in (6.655, 20.0):
        found = root(y, c, SHIFT, finite=False)
        failed = ~((found - solved(y, c, SHIFT)).abs() < TOLERANCE)
        if goes_round(found[failed], y[failed], c, SHIFT, newton=False):
            hint = Text(
                "Despejar y repetir solo converge si la función que se repite acerca los puntos: "
                "¿qué pasa si |c| > 1?",
                "To solve for one side and repeat converges only if the function that is repeated "
                "brings points closer: what happens if |c| > 1?",
            )
        elif goes_round(found[failed], y[failed], c, SHIFT, newton=True):
            hint = Text(
                "Newton da vueltas: lejos del centro la tangente es casi horizontal y el paso cruza "
                "al otro lado. ¿Desde dónde conviene empezar?",
                "Newton goes round in circles: far from the centre the tangent is nearly level "
                "and the step crosses over. Where is it better to start?",
            )
        else:
            hint = Text(
                "¿Está la raíz en el intervalo en que usted busca? La tangente hiperbólica queda "
                "entre −1 y 1.",
                "Is the root in the interval where you search? The hyperbolic tangent stays "
                "between −1 and 1.",
            )
        residual_is(found, y, c, hint)


@q3.step("flat", "la ecuación, con c = −0.99", "the equation, with c = −0.99")
def _(root, inverse):
    y = torch.linspace(-3, 3, 301).double()
    residual_is(
        root(y, -0.99, SHIFT, finite=False),
        y,
        -0.99,
        Text(
            "Cerca del centro la pendiente es 0.01: un residuo pequeño no es un error pequeño, y "
            "pasos fijos no llegan.",
            "Near the centre the slope is 0.01: a small residual is no small error, and fixed "
            "steps do not arrive.",
        ),
    )


@q3.step("inverse", "la inversa de la capa", "the inverse of the layer")
def _(root, inverse):
    for d, c in ((1, 0.5), (2, -0.99), (2, 6.655), (5, 20.0), (50, -0.5)):
        z, w, u = (gaussian_points(*shape, seed=50 + d) for shape in ((40, d), (d,), (2, d)))
        u = u[1] + (c - w @ u[1]) * w / (w @ w)
        x = moved(z, w, u, SHIFT)
        y = x @ w
        alpha, found = solved(y, c, SHIFT), inverse(x, w, u, SHIFT, finite=False)
        if same(found, x - torch.outer(torch.tanh(y + SHIFT), u), 1e-6):
            hint = Text(
                "El empujón se calculó en el punto de partida, no en el de llegada.",
                "The push was computed at the starting point, not at the point of arrival.",
            )
        elif same(found, x - torch.outer(torch.tanh(alpha), u), 1e-6):
            hint = Text(
                "La raíz es correcta, el empujón no: falta un sumando dentro de la tangente.",
                "The root is right, the push is not: a term is missing within the tangent.",
            )
        else:
            hint = Text(
                "La ecuación tiene a la derecha un solo número por punto: ¿cuál? Después, basta "
                "una resta.",
                "The equation has a single number for each point on the right: which one? Then a "
                "subtraction is enough.",
            )
        need(
            same(found, z, 1e-6),
            Text(
                f"Con d = {d} y c = {c:g}, ida y vuelta: {differs('inverse', found, z).es}",
                f"With d = {d} and c = {c:g}, there and back: {differs('inverse', found, z).en}",
            ),
            hint,
        )


# --- 4. The gradient through the inverse -------------------------------------------------------

q4 = Question("e06.q4", "mean_log_prob(x, theta)", "gradient(x, theta)", float64=True)
THETAS = ((1.2, -0.7, 0.8, 0.5, 0.3), (0.5, 1.0, -0.9, 0.2, -0.4), (-1.5, 1.0, 0.3, 2.5, 0.0))


def likelihood(x: Points, theta: Points, alpha: Points | None = None) -> Points:
    w, u, b = theta[:2], theta[2:4], theta[4]
    alpha = solved(x @ w, w @ u, b) if alpha is None else alpha
    t = torch.tanh(alpha + b)
    z = x - torch.outer(t, u)
    volume = torch.log(1 + (1 - t.square()) * (w @ u))
    return (-z.square().sum(1) / 2 - math.log(2 * math.pi) - volume).mean()


@q4.step("value", "el valor", "the value")
def _(mean_log_prob, gradient):
    for seed, numbers in enumerate(THETAS, start=70):
        x, theta = 2 * gaussian_points(60, 2, seed=seed), tensor(*numbers)
        expected, w, u, b = likelihood(x, theta), theta[:2], theta[2:4], theta[4]
        found = mean_log_prob(x, theta, shape=())
        t = torch.tanh(solved(x @ w, w @ u, b) + b)
        volume = torch.log(1 + (1 - t.square()) * (w @ u)).mean()
        base = expected + volume
        if same(found, base):
            hint = Text("Falta el determinante.", "The determinant is missing.")
        elif same(found, base + volume):
            hint = Text(
                "El determinante es el de f, y aquí se va de los datos a la base.",
                "The determinant is that of f, and here one goes from the data to the base.",
            )
        else:
            hint = Text(
                "Primero la raíz, después el punto de la base, después la densidad: compruebe cada "
                "uno por separado.",
                "First the root, then the point of the base, then the density: check each of "
                "them apart.",
            )
        value_is("mean_log_prob", found, expected, hint)


@q4.step("gradient", "el gradiente", "the gradient")
def _(mean_log_prob, gradient):
    for seed, numbers in enumerate(THETAS, start=80):
        x, theta = 2 * gaussian_points(60, 2, seed=seed), tensor(*numbers)
        shifts = 1e-5 * torch.eye(5).double()
        sides = [likelihood(x, theta + s) - likelihood(x, theta - s) for s in shifts]
        expected = torch.stack(sides) / 2e-5
        found = gradient(x, theta, shape=(5,))
        free = theta.clone().requires_grad_()
        held = solved(x @ theta[:2], theta[:2] @ theta[2:4], theta[4])
        (wrong,) = torch.autograd.grad(likelihood(x, free, held), free)
        if same(found, wrong, 1e-5):
            hint = Text(
                "La raíz entró como una constante. También depende de los parámetros: ¿qué dice "
                "el teorema de la función implícita?",
                "The root came in as a constant. It depends on the parameters too: what does the "
                "implicit function theorem say?",
            )
        elif same(found, -expected, 1e-5):
            hint = Text(
                "Es el gradiente de la pérdida: apunta hacia donde la verosimilitud baja.",
                "It is the gradient of the loss: it points to where the likelihood falls.",
            )
        elif same(found[:4], expected[:4], 1e-5):
            hint = Text("El último parámetro también se mueve.", "The last parameter moves too.")
        else:
            hint = Text(
                "Compárelo con diferencias centradas de su propia función, de paso 1e-5.",
                "Compare it with central differences of your own function, of step 1e-5.",
            )
        need(same(found, expected, 1e-5), differs("gradient", found, expected), hint)


# --- 5. The reverse divergence -----------------------------------------------------------------

q5 = Question("e06.q5", "learned(energy, z)", float64=True)
STEP, LOG_Z = 1e-5, 1.8775
LARGEST_KL, LEAST_SHARE = 0.1, 0.35


def energy(x: Points) -> Points:
    """U1 of Rezende and Mohamed (2015), table 1: two lumps on a ring."""
    ring = ((x.norm(dim=-1) - 2) / 0.4).square() / 2
    lumps = torch.stack([((x[..., 0] + side) / 0.6).square() / -2 for side in (-2, 2)])
    return ring - lumps.logsumexp(0)


@functools.lru_cache(maxsize=1)  # one training for all steps
def outcome(learned: Callable) -> tuple[Points, Points, Points]:
    """Samples, their log q, and log q as the differences of the samples say, at the first 100."""
    z = gaussian_points(10_000, 2, seed=90)
    sides = [z[:100] + STEP * sign * axis for axis in torch.eye(2).double() for sign in (1, -1)]
    points = torch.cat([z, *sides])
    found = learned(energy, points, shape=(len(points), 3))
    near = found[len(z) :, :2].unflatten(0, (4, 100))
    jacobians = torch.stack([near[0] - near[1], near[2] - near[3]], -1) / (2 * STEP)
    base = -z[:100].square().sum(1) / 2 - math.log(2 * math.pi)
    return found[: len(z), :2], found[: len(z), 2], base - torch.linalg.slogdet(jacobians)[1]


@q5.step("density", "muestras y densidad", "samples and density")
def _(learned):
    _, log_q, expected = outcome(learned)
    z, found = gaussian_points(10_000, 2, seed=90)[:100], log_q[:100]
    base = -z.square().sum(1) / 2 - math.log(2 * math.pi)

    def nearly(other: Points) -> bool:
        return bool((off(found, other) < 1e-3).double().mean() > 0.9)

    if nearly(base):
        hint = Text(
            "Devolvió la log-densidad de la base: la capa la cambia.",
            "You returned the log-density of the base: the layer changes it.",
        )
    elif nearly(2 * base - expected):
        hint = Text(
            "Donde f estira, la densidad baja: el determinante entra con el otro signo.",
            "Where f stretches, the density falls: the determinant comes in with the other sign.",
        )
    else:
        hint = Text(
            "La fila i es la imagen del punto i de z y su log-densidad, con el mismo flujo para "
            "todas las filas.",
            "Row i is the image of point i of z and its log-density, with the same flow for all "
            "rows.",
        )
    worst = off(found, expected).argmax()
    need(
        nearly(expected),
        Text(
            f"La tercera columna dice {found[worst]:.3f} donde las muestras dicen "
            f"{expected[worst]:.3f}.",
            f"The third column says {found[worst]:.3f} where the samples say "
            f"{expected[worst]:.3f}.",
        ),
        hint,
    )


@q5.step("modes", "los dos bultos", "the two lumps")
def _(learned):
    x, _, _ = outcome(learned)
    right, spread = (x[:, 0] > 0).double().mean().item(), x[:, 1].std().item()
    need(
        min(right, 1 - right) > LEAST_SHARE and spread > 0.6,
        Text(
            f"A la derecha cae el {100 * right:.1f} % de las muestras; la segunda coordenada tiene "
            f"desviación {spread:.3f}.",
            f"{100 * right:.1f} % of the samples fall on the right; the second coordinate has "
            f"deviation {spread:.3f}.",
        ),
        Text(
            "Las muestras se juntaron: ¿qué término de la pérdida las mantiene separadas?",
            "The samples have gathered: which term of the loss keeps them apart?",
        )
        if spread <= 0.6
        else Text(
            "Se perdió un bulto, o casi. Ayuda empezar con muestras dispersas y con una energía "
            "atenuada.",
            "A lump was lost, or nearly. It helps to start with scattered samples and with a "
            "weakened energy.",
        ),
    )


@q5.step("divergence", "la divergencia", "the divergence")
def _(learned):
    x, log_q, _ = outcome(learned)
    kl = (log_q + energy(x)).mean().item() + LOG_Z
    need(
        kl <= LARGEST_KL,
        Text(
            f"La divergencia inversa es {kl:.3f} nats; se piden {LARGEST_KL} o menos.",
            f"The reverse divergence is {kl:.3f} nats; {LARGEST_KL} or less is asked for.",
        ),
        Text(
            "Todavía lejos: ¿alcanzan las capas y los pasos, y empieza el flujo con la anchura del "
            "objetivo?",
            "Still far: are the layers and the steps enough, and does the flow start as wide as "
            "the target?",
        ),
    )
