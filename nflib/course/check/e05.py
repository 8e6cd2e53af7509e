"""Checks of chapter 5: composition, likelihood, the two divergences, codes.

Densities are compared with automatic Jacobians and with torch.distributions; the density of a
trained flow, with differences of its own codes.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch.distributions import Laplace, MultivariateNormal, Normal
from torch.func import jacrev, vmap

from nflib.course.check.engine import Question, need
from nflib.course.check.measure import gaussian_points, ks_distance, off, same
from nflib.course.check.result import Text
from nflib.targets import TwoMoons

TOLERANCE = 1e-5
Points = torch.Tensor


def standard(z: Points) -> Points:
    return Normal(0.0, 1.0).log_prob(z).sum(-1)


def value_is(name: str, found: Points, expected: Points, hint: Text) -> None:
    """Need the values expected; the message tells the worst."""
    worst = off(found, expected).argmax()
    value, right = found.reshape(-1)[worst].item(), expected.reshape(-1)[worst].item()
    need(
        same(found, expected, TOLERANCE),
        Text(
            f"`{name}` dio {value:.5g} y debía dar {right:.5g}.",
            f"`{name}` gave {value:.5g} and should give {right:.5g}.",
        ),
        hint,
    )


# --- 1. Compose --------------------------------------------------------------------------------

q1 = Question(
    "e05.q1", "to_data(z, layers)", "to_latent(x, layers)", "log_prob(x, layers, base_log_prob)"
)


class Layer(NamedTuple):
    """What the statement promises of a layer."""

    forward: Callable
    inverse: Callable


def affine(rows: list, shift: list) -> Layer:
    A, b = torch.tensor(rows).double(), torch.tensor(shift).double()
    W, volume = A.inverse(), A.det().abs().log()
    return Layer(
        lambda z: (z @ A.mT + b, volume.expand(len(z))),
        lambda x: ((x - b) @ W.mT, -volume.expand(len(x))),
    )


def bend() -> Layer:
    """The stretch and the bend of the chapter, in the plane."""

    def move(z, sign):
        s = z[:, 0].tanh() / 2
        return s, torch.stack([torch.zeros_like(s), z[:, 0].square() / 2 * sign], 1)

    def forward(z):
        s, shift = move(z, 1)
        return torch.stack([z[:, 0], z[:, 1] * s.exp()], 1) + shift, s

    def inverse(x):
        s, shift = move(x, -1)
        x = x + shift
        return torch.stack([x[:, 0], x[:, 1] * (-s).exp()], 1), -s

    return Layer(forward, inverse)


SINH = Layer(
    lambda z: (z.sinh(), z.cosh().log().sum(-1)),
    lambda x: (x.asinh(), -x.square().add(1).log().sum(-1) / 2),
)
CHAINS = (
    (2, [affine([[1.2, 0.3], [0, 0.6]], [0.5, 0]), bend(), affine([[0, 1], [2, 1]], [0, -1])]),
    (3, [affine([[0.5, 0.2, 0], [0, 0.5, 0.3], [0.4, 0, -0.7]], [0, 0.1, 0.2]), SINH]),
)


def along(z: Points, layers: list[Layer]) -> Points:
    for layer in layers:
        z = layer.forward(z)[0]
    return z


def against(x: Points, layers: list[Layer]) -> Points:
    for layer in layers:
        x = layer.inverse(x)[0]
    return x


@q1.step("forward", "de la base a los datos", "from the base to the data")
def _(to_data, to_latent, log_prob):
    for d, layers in CHAINS:
        z = gaussian_points(30, d, seed=d)
        found = to_data(z, list(layers))
        if same(found, along(z, layers[::-1])):
            hint = Text(
                "Están todas las capas, en el orden contrario: ¿cuál actúa primero sobre z?",
                "All layers are there, in the opposite order: which one acts on z first?",
            )
        elif same(found, against(z, layers)) or same(found, against(z, layers[::-1])):
            hint = Text(
                "Usó las inversas: ¿en qué sentido se recorre la cadena para simular?",
                "You used the inverses: in which direction is the chain run to sample?",
            )
        else:
            hint = Text(
                "Pruebe con dos capas: ¿lo que sale de la primera es lo que entra en la segunda?",
                "Try two layers: is what leaves the first what enters the second?",
            )
        value_is("to_data", found, along(z, layers), hint)


@q1.step("inverse", "de los datos a la base", "from the data to the base")
def _(to_data, to_latent, log_prob):
    for d, layers in CHAINS:
        z = gaussian_points(30, d, seed=d + 10)
        x = along(z, layers)
        found = to_latent(x, list(layers))
        if same(found, against(x, layers)):
            hint = Text(
                "Deshizo las capas en el orden en que se aplicaron. ¿Cuál se aplicó última?",
                "You undid the layers in the order in which they were applied. Which was the last?",
            )
        elif same(found, along(x, layers)) or same(found, along(x, layers[::-1])):
            hint = Text(
                "Volvió a aplicar las capas: cada una tiene también el camino de vuelta.",
                "You applied the layers again: each of them also has the way back.",
            )
        else:
            hint = Text(
                "Ida y vuelta deben dar el punto de partida. Pruebe con una sola capa, y luego "
                "con dos.",
                "There and back must give the starting point. Try with one layer, then with two.",
            )
        value_is("to_latent", found, z, hint)


@q1.step("density", "la log-densidad", "the log-density")
def _(to_data, to_latent, log_prob):
    for d, layers in CHAINS:
        z = gaussian_points(30, d, seed=d + 20)
        x = along(z, layers)
        jacobians = vmap(jacrev(lambda z, chain=layers: along(z[None], chain)[0]))(z)
        volume = torch.linalg.slogdet(jacobians).logabsdet
        found, base = log_prob(x, list(layers), standard, shape=(len(x),)), standard(z)
        if same(found, base):
            hint = Text(
                "Esa es la densidad de la base en el código: falta lo que cambian los volúmenes.",
                "That is the density of the base at the code: what happens to volumes is missing.",
            )
        elif same(found, base + volume):
            hint = Text(
                "El término de los volúmenes tiene el signo contrario: donde la cadena estira, "
                "la densidad baja.",
                "The term of the volumes has the opposite sign: where the chain stretches, the "
                "density falls.",
            )
        elif same(found, standard(x) - volume):
            hint = Text(
                "La densidad de la base se evalúa donde la cadena termina, no donde empieza.",
                "The density of the base is evaluated where the chain ends, not where it starts.",
            )
        else:
            hint = Text(
                "Hay un término por capa, cada uno en el punto al que se llegó con las anteriores.",
                "There is one term for each layer, each at the point reached by those before it.",
            )
        value_is("log_prob", found, base - volume, hint)


@q1.step("base", "otra base", "another base")
def _(to_data, to_latent, log_prob):
    d, layers = CHAINS[0]

    def laplace(z):
        return Laplace(0.0, 1.0).log_prob(z).sum(-1)

    z = gaussian_points(30, d, seed=31)
    x = along(z, layers)
    expected = log_prob(x, list(layers), standard, shape=(30,)) + laplace(z) - standard(z)
    value_is(
        "log_prob",
        log_prob(x, list(layers), laplace, shape=(30,)),
        expected,
        Text(
            "Con una base que no es gaussiana falla: use la que se le da.",
            "It fails with a base that is not Gaussian: use the one you are given.",
        ),
    )


# --- 2. The brackets ---------------------------------------------------------------------------

q2 = Question("e05.q2", "log_likelihood(x, A, b)")


@q2.step("thousand", "mil datos", "a thousand data")
def _(log_likelihood):
    n = 1000
    x, A, b = gaussian_points(n, 1, seed=2), torch.full((1, 1), 2.0).double(), torch.zeros(1)
    base, volume = standard(x / 2).sum(), math.log(2)
    expected = base - n * volume
    found = log_likelihood(x, A, b.double(), shape=(), finite=False)
    if same(found, base - volume):
        hint = Text(
            "El logaritmo del determinante entró una sola vez. ¿Cuántos datos hay dentro de los "
            "corchetes?",
            "The logarithm of the determinant came in only once. How many data are within the "
            "brackets?",
        )
    elif same(found * n, expected):
        hint = Text(
            "Eso es el promedio por dato.",
            "That is the average for each datum.",
        )
    elif same(found, base):
        hint = Text(
            "Falta el determinante: sus densidades no integran 1.",
            "The determinant is missing: your densities do not integrate to 1.",
        )
    elif same(found, base + n * volume):
        hint = Text(
            "Con A = 2 la función estira: ¿la densidad sube o baja?",
            "With A = 2 the map stretches: does the density rise or fall?",
        )
    else:
        hint = Text(
            "Calcule a mano un solo dato, x = 0: ¿cuánto vale la densidad de N(0, 4)?",
            "Work out a single datum by hand, x = 0: what is the density of N(0, 4) there?",
        )
    value_is("log_likelihood", found, expected, hint)


@q2.step("matrix", "una matriz", "a matrix")
def _(log_likelihood):
    for d in (2, 3):
        x, A = gaussian_points(200, d, seed=3), gaussian_points(d, d, seed=4 + d)
        A = A if A.det() < 0 else -A[:, [1, 0, *range(2, d)]] * (-1) ** d
        b = torch.arange(d).double() + 1
        found = log_likelihood(x, A, b, shape=(), finite=False)
        W = A.inverse()
        volume = len(x) * A.det().abs().log()
        if found.isnan():
            hint = Text(
                "El determinante es negativo: ¿cuál es el factor de los volúmenes?",
                "The determinant is negative: what is the factor of the volumes?",
            )
        elif same(found, standard((x - b) @ W).sum() - volume):
            hint = Text(
                "Con una sola coordenada acierta. Los puntos son filas: ¿de qué lado va la matriz, "
                "y de qué forma?",
                "With one coordinate it is right. Points are rows: on which side does the matrix "
                "go, and in which form?",
            )
        elif same(found, standard(x @ W.mT - b).sum() - volume):
            hint = Text(
                "Restó b después de la inversa. ¿Qué hizo f al final?",
                "You subtracted b after the inverse. What did f do last?",
            )
        else:
            hint = Text(
                "Con una sola coordenada acierta: ¿qué parte de la gaussiana depende de d?",
                "With one coordinate it is right: which part of the Gaussian depends on d?",
            )
        value_is("log_likelihood", found, MultivariateNormal(b, A @ A.mT).log_prob(x).sum(), hint)


# --- 3. The affine flow in closed form ---------------------------------------------------------

q3 = Question("e05.q3", "best_b(x)", "best_A(x)", "least_loss(x)")


def samples() -> list[Points]:
    """Few data, so that N and N − 1 differ."""
    found = []
    for n, d in ((7, 2), (12, 3)):
        x = gaussian_points(n, d, seed=40 + d)
        found.append(x @ gaussian_points(d, d, seed=50 + d) + torch.arange(d) + 1)
    return found


def covariance(x: Points, correction: int = 0) -> Points:
    return x.mT.cov(correction=correction)


@q3.step("shift", "el vector b", "the vector b")
def _(best_b, best_A, least_loss):
    for x in samples():
        found = best_b(x, shape=(x.shape[1],))
        if same(found, x.mean().expand_as(found)):
            hint = Text(
                "Promedió también sobre las coordenadas: cada una tiene su valor.",
                "You averaged over the coordinates as well: each has its own value.",
            )
        else:
            hint = Text(
                "El modelo es una gaussiana, y b es su centro: ¿cuál es el más verosímil?",
                "The model is a Gaussian, and b is its centre: which one is the most likely?",
            )
        value_is("best_b", found, x.mean(0), hint)


@q3.step("matrix", "la matriz A", "the matrix A")
def _(best_b, best_A, least_loss):
    for x in samples():
        d, S = x.shape[1], covariance(x)
        A = best_A(x, shape=(d, d))
        found = A @ A.mT
        if same(found, covariance(x, 1)):
            hint = Text(
                "Dividió entre N − 1. Ese estimador no tiene sesgo, pero no es el más verosímil.",
                "You divided by N − 1. That estimator is unbiased, but not the most likely one.",
            )
        elif same(A, S):
            hint = Text(
                "Esa es la covarianza de los datos; A es una raíz suya.",
                "That is the covariance of the data; A is a root of it.",
            )
        elif same(A.mT @ A, S):
            hint = Text(
                "Su factor está traspuesto: compare A Aᵀ con Aᵀ A.",
                "Your factor is transposed: compare A Aᵀ with Aᵀ A.",
            )
        elif same(found, S.inverse()):
            hint = Text(
                "Su matriz lleva los datos a la base; f va de la base a los datos.",
                "Your matrix leads the data to the base; f leads the base to the data.",
            )
        else:
            hint = Text(
                "La covarianza de A Z + b debe ser la de los datos, medida desde su media.",
                "The covariance of A Z + b must be that of the data, measured from their mean.",
            )
        value_is("best_A(x) @ best_A(x).T", found, S, hint)


@q3.step("loss", "la menor pérdida", "the least loss")
def _(best_b, best_A, least_loss):
    for x in samples():
        n, d = x.shape
        S = covariance(x)
        found = least_loss(x, shape=())
        right = -MultivariateNormal(x.mean(0), S).log_prob(x).mean()
        if same(found, n * right):
            hint = Text("Se pide la pérdida por dato.", "The loss for each datum is asked for.")
        elif same(found, right - d / 2):
            hint = Text(
                "Falta el promedio de la parte cuadrática: ¿cuánto vale la norma al cuadrado de los "
                "códigos, en promedio?",
                "The average of the quadratic part is missing: what is the squared norm of the "
                "codes, on average?",
            )
        elif same(found, right + S.logdet() / 2):
            hint = Text(
                "El determinante de la covarianza no es el de A: ¿cómo se relacionan?",
                "The determinant of the covariance is not that of A: how are they related?",
            )
        else:
            hint = Text(
                "Compárela con la pérdida de la pregunta 2, con su A y su b, dividida entre N.",
                "Compare it with the loss of question 2, with your A and b, divided by N.",
            )
        value_is("least_loss", found, right, hint)


# --- 4. Two divergences ------------------------------------------------------------------------

q4 = Question(
    "e05.q4",
    "forward_loss(x, m, s)",
    "reverse_loss(z, m, s, log_p)",
    "cover(mu, sigma, weight)",
    "seek(weight)",
)
FITS = ((0.0, 1.0), (2.5, 0.5), (-1.0, 3.0))


def two_peaks(x: Points) -> Points:
    return torch.logaddexp(Normal(2.5, 0.5).log_prob(x), Normal(-2.5, 0.5).log_prob(x))


@q4.step("forward", "la directa", "the forward one")
def _(forward_loss, reverse_loss, cover, seek):
    x = 2 * gaussian_points(50, seed=60) + 1
    for m, s in FITS[1:]:
        found = forward_loss(x, m, s, shape=())
        right = -Normal(m, s).log_prob(x).mean()
        if same(found, -right):
            hint = Text(
                "Al minimizarla, la verosimilitud bajaría.",
                "To minimise it would lower the likelihood.",
            )
        elif same(found, right - math.log(s)):
            hint = Text(
                "Sin el logaritmo de s, ensanchar q no costaría nada.",
                "Without the logarithm of s, to widen q would cost nothing.",
            )
        else:
            hint = Text(
                "El dato se centra y se divide entre la desviación, no entre la varianza; la "
                "constante de la gaussiana también cuenta.",
                "The datum is centred and divided by the deviation, not by the variance; the "
                "constant of the Gaussian counts as well.",
            )
        value_is("forward_loss", found, right, hint)


@q4.step("reverse", "la inversa", "the reverse one")
def _(forward_loss, reverse_loss, cover, seek):
    z = gaussian_points(50, seed=61)
    for m, s in FITS[1:]:
        found = reverse_loss(z, m, s, two_peaks, shape=())
        x, law = m + s * z, Normal(m, s)
        right = (law.log_prob(x) - two_peaks(x)).mean()
        if same(found, -right):
            hint = Text(
                "El cociente está invertido: se promedia sobre muestras de q.",
                "The ratio is upside down: the average is over samples of q.",
            )
        elif same(found, right + math.log(s)):
            hint = Text(
                "Falta el determinante: al estirar la base por s, su densidad cambia.",
                "The determinant is missing: the base, stretched by s, changes its density.",
            )
        elif same(found, -two_peaks(x).mean()):
            hint = Text(
                "Así gana la q más angosta, en el máximo de p. ¿Qué término lo impide?",
                "Thus the narrowest q wins, at the maximum of p. Which term prevents it?",
            )
        else:
            hint = Text(
                "¿Qué ley tiene m + s z, y cuánto vale su log-densidad allí?",
                "Which law has m + s z, and what is its log-density there?",
            )
        value_is("reverse_loss", found, right, hint)


@q4.step("cover", "la que cubre", "the one that covers")
def _(forward_loss, reverse_loss, cover, seek):
    for mu, sigma, weight in ((2.5, 0.5, 0.5), (2.0, 0.7, 0.5), (1.5, 0.4, 0.9)):
        found = cover(mu, sigma, weight, shape=(2,))
        means, rest = torch.tensor([mu, -mu]).double(), 1 - weight
        w = torch.tensor([weight, rest]).double()
        m = w @ means
        variance = w @ (sigma * sigma + means.square()) - m.square()
        right = torch.stack([m, variance.sqrt()])
        if same(found, torch.tensor([mu, sigma]).double()):
            hint = Text(
                "Esa copia un pico y da al otro casi nada: ¿qué dice de los datos de ese pico?",
                "That one copies a peak and gives the other next to nothing: what does it say "
                "of the data of that peak?",
            )
        elif same(found[1], torch.tensor(sigma).double()):
            hint = Text(
                "La anchura de cada pico no es todo: los centros también se dispersan.",
                "The width of each peak is not all: the centres are scattered too.",
            )
        elif weight != 0.5:
            hint = Text(
                "Acierta cuando los dos picos pesan lo mismo.",
                "It is right when both peaks have the same weight.",
            )
        else:
            hint = Text(
                "La directa iguala dos momentos de p. ¿Cuáles son los de esta mezcla?",
                "The forward one matches two moments of p. What are those of this mixture?",
            )
        value_is("cover", found, right, hint)


@q4.step("seek", "la que busca", "the one that seeks")
def _(forward_loss, reverse_loss, cover, seek):
    for weight in (0.5, 0.9, 0.01):
        found = seek(weight, shape=())
        right = -torch.tensor(weight).double().log()
        if same(found, torch.tensor(math.log(2)).double()):
            hint = Text(
                "Ese es el valor cuando cada pico pesa la mitad.",
                "That is the value when each peak has half of the weight.",
            )
        elif same(found, -torch.tensor(1 - weight).double().log()):
            hint = Text(
                "¿Cuál de los dos pesos queda donde q pone sus muestras?",
                "Which of the two weights is where q puts its samples?",
            )
        else:
            hint = Text(
                "Donde q pone su masa, p es proporcional a q: ¿con qué constante?",
                "Where q puts its mass, p is proportional to q: with which constant?",
            )
        value_is("seek", found, right, hint)


# --- 5. Is the code normal? --------------------------------------------------------------------

q5 = Question("e05.q5", "latent(data, points)", float64=True)
STEP = 1e-5
LARGEST_KL, LARGEST_KS = 0.1, 0.05


@functools.cache
def moons() -> tuple[Points, Points, Points]:
    """Data, new points, and log p of these."""
    law = TwoMoons(0.2).double()
    parts = law.sample(12_000, torch.Generator().manual_seed(70)).split([10_000, 2000])
    return *parts, law.log_prob(parts[1])


@functools.lru_cache(maxsize=1)  # one training for all steps
def learned(latent: Callable) -> tuple[Points, Points, Points]:
    """Codes and log-density of the new points, and log|det| of the code by differences."""
    data, new, _ = moons()
    sides = [new[:100] + STEP * sign * axis for axis in torch.eye(2).double() for sign in (1, -1)]
    points = torch.cat([new, *sides])
    found = latent(data, points, shape=(len(points), 3))
    values, sides = found[: len(new)], found[len(new) :, :2].unflatten(0, (4, 100))
    jacobians = torch.stack([sides[0] - sides[1], sides[2] - sides[3]], -1) / (2 * STEP)
    return values[:, :2], values[:, 2], torch.linalg.slogdet(jacobians).logabsdet


@q5.step("norm", "la norma de los códigos", "the norm of the codes")
def _(latent):
    codes, _, _ = learned(latent)
    size = codes.square().mean().item()
    need(
        0.9 < size < 1.1,
        Text(
            f"La norma al cuadrado de los códigos, entre d, promedia {size:.3f}; se espera 1.",
            f"The squared norm of the codes, over d, averages {size:.3f}; 1 is expected.",
        ),
        Text(
            "La base tiene varianza 1 en cada coordenada. ¿Son estos los códigos, o son todavía "
            "los datos?",
            "The base has variance 1 in each coordinate. Are these the codes, or still the data?",
        ),
    )


@q5.step("normal", "cada coordenada", "each coordinate")
def _(latent):
    codes, _, _ = learned(latent)
    for place, column in enumerate(codes.unbind(1), start=1):
        distance = ks_distance(column, torch.special.ndtr)
        need(
            distance < LARGEST_KS,
            Text(
                f"La coordenada {place} de los códigos está a distancia {distance:.3f} de la "
                f"normal; se pide menos de {LARGEST_KS}.",
                f"Coordinate {place} of the codes is at distance {distance:.3f} of the normal "
                f"law; less than {LARGEST_KS} is asked for.",
            ),
            Text(
                "Eso no es falta de entrenamiento. ¿En qué sentido va de los datos a los códigos?",
                "That is no lack of training. In which direction do you go from data to codes?",
            )
            if distance > 0.2
            else Text(
                "El tamaño es el correcto, la forma no: dibuje un histograma. ¿Tiene el flujo "
                "capas bastantes, y cambian todas las coordenadas?",
                "The size is right, the shape is not: draw a histogram. Has the flow enough "
                "layers, and do all coordinates change?",
            ),
        )


def nearly(found: Points, expected: Points) -> bool:
    """Whether nine in ten agree: a network may have a kink between two neighbours."""
    return bool((off(found, expected) < 1e-3).double().mean() > 0.9)


@q5.step("density", "códigos y densidad", "codes and density")
def _(latent):
    codes, log_density, volume = learned(latent)
    base, found = standard(codes)[:100], log_density[:100]
    if nearly(found, base):
        hint = Text(
            "Devolvió la log-densidad de la base; un flujo le agrega un término.",
            "You returned the log-density of the base; a flow adds a term to it.",
        )
    elif nearly(found, base - volume):
        hint = Text(
            "El signo del término de los volúmenes no es el de esta dirección.",
            "The sign of the term of the volumes is not that of this direction.",
        )
    else:
        hint = Text(
            "Códigos y densidad no son del mismo flujo: un punto cercano debe tener un código "
            "cercano, y la densidad sale de cuánto se separan.",
            "Codes and density are not of the same flow: a nearby point must have a nearby code, "
            "and the density follows from how far they part.",
        )
    worst = off(found, base + volume).argmax()
    need(
        nearly(found, base + volume),
        Text(
            f"Su log-densidad es {found[worst]:.3f} donde sus códigos dicen "
            f"{(base + volume)[worst]:.3f}.",
            f"Your log-density is {found[worst]:.3f} where your codes say "
            f"{(base + volume)[worst]:.3f}.",
        ),
        hint,
    )


@q5.step("likelihood", "la divergencia", "the divergence")
def _(latent):
    _, log_density, _ = learned(latent)
    kl = (moons()[2] - log_density).mean().item()
    need(
        kl < LARGEST_KL,
        Text(
            f"Con los puntos nuevos, la divergencia es {kl:.3f} nats; se piden menos de "
            f"{LARGEST_KL}.",
            f"On the new points, the divergence is {kl:.3f} nats; less than {LARGEST_KL} is "
            "asked for.",
        ),
        Text(
            "Cada coordenada de los códigos parece normal, pero eso no alcanza: dibuje las dos "
            "juntas.",
            "Each coordinate of the codes looks normal, but that is not enough: draw the two "
            "together.",
        ),
    )
