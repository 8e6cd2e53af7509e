"""Checks of chapter 1: autoregressive models, kernel density estimates, thresholds for anomalies.

The law of an autoregression is compared with its joint Gaussian law, whose covariance is known;
samples are judged by their moments, densities by quadrature, thresholds by counting alarms.
"""

from __future__ import annotations

import math

import torch

from nflib.course.check.engine import Question, need
from nflib.course.check.measure import gaussian_points, ks_distance, plane, same
from nflib.course.check.result import Text

TOLERANCE = 1e-5


def covariance(d: int, rho: float) -> torch.Tensor:
    """Σ with Σ_ij = ρ^|i−j|, shape (d, d)."""
    index = torch.arange(d, dtype=torch.float64)
    return torch.tensor(rho, dtype=torch.float64) ** (index[:, None] - index).abs()


def log_normal(x: torch.Tensor, variance: float = 1.0) -> torch.Tensor:
    return -x.square() / (2 * variance) - math.log(2 * math.pi * variance) / 2


# --- 1. The log-density of an autoregression ---------------------------------------------------

q1 = Question("e01.q1", "ar_log_prob(x, rho)")


@q1.step("first", "el primer factor", "the first factor")
def _(ar_log_prob):
    x = gaussian_points(40, 1, seed=1)
    expected = log_normal(x).sum(1)
    found = ar_log_prob(x, 0.8, shape=(40,))
    if same(found, expected.exp()):
        hint = Text(
            "Eso es la densidad; se pide su logaritmo, que convierte el producto en suma.",
            "That is the density; its logarithm is asked for, which turns the product into a sum.",
        )
    elif same(found, torch.zeros(40)):
        hint = Text(
            "La primera variable no tiene anterior, pero tiene su propio factor: ¿cuál es su ley?",
            "The first variable has none before it, but it has a factor of its own: what is its "
            "law?",
        )
    else:
        hint = Text(
            "Revise la constante: la densidad de una gaussiana integra 1, la exponencial sola no.",
            "Look at the constant: the density of a Gaussian integrates to 1, the exponential "
            "alone does not.",
        )
    need(
        same(found, expected, TOLERANCE),
        Text(
            f"Con d = 1 y x = {x[0].item():.3f} devolvió {found[0].item():.4f}, y debería ser "
            f"{expected[0].item():.4f}.",
            f"With d = 1 and x = {x[0].item():.3f} you returned {found[0].item():.4f}, and it "
            f"should be {expected[0].item():.4f}.",
        ),
        hint,
    )


@q1.step("joint", "la densidad conjunta", "the joint density")
def _(ar_log_prob):
    for d, rho in ((2, 0.8), (5, 0.8), (5, -0.5), (5, 0.0)):
        x = gaussian_points(40, d, seed=d)
        law = torch.distributions.MultivariateNormal(x.new_zeros(d), covariance(d, rho))
        expected, found = law.log_prob(x), ar_log_prob(x, rho, shape=(40,))
        rest = x[:, 1:] - rho * x[:, :-1]  # what is left of x_i once ρ x_{i−1} is taken away
        first = log_normal(x[:, 0])
        if same(found, log_normal(x).sum(1)):
            hint = Text(
                "Multiplicó las marginales, como si las variables fueran independientes. ¿Dónde "
                "entra el valor anterior?",
                "You multiplied the marginals, as if the variables were independent. Where does "
                "the value before enter?",
            )
        elif same(found, first + log_normal(rest, (1 - rho**2) ** 2).sum(1)):
            hint = Text(
                "El enunciado da la varianza condicional, y usted la usó como desviación estándar.",
                "The statement gives the conditional variance, and you used it as a standard "
                "deviation.",
            )
        elif same(found, first + log_normal(rest, math.sqrt(1 - rho**2)).sum(1)):
            hint = Text(
                "La raíz sobra: tanto el enunciado como `normal_log_density` hablan de la varianza.",
                "The root is not needed: the statement and `normal_log_density` both speak of the "
                "variance.",
            )
        elif same(found, first + log_normal(rest).sum(1)):
            hint = Text(
                "Conocer el valor anterior reduce la incertidumbre: ¿qué varianza tienen los "
                "factores condicionales?",
                "To know the value before reduces the uncertainty: which variance do the "
                "conditional factors have?",
            )
        else:
            hint = Text(
                "Escriba la media del segundo factor: ¿de qué valor de x depende?",
                "Write down the mean of the second factor: on which value of x does it depend?",
            )
        gap = (found - expected).mean().item()
        need(
            same(found, expected, TOLERANCE),
            Text(
                f"Con d = {d} y ρ = {rho:g}, su valor se aparta del correcto en {gap:+.4f} nats de "
                "media.",
                f"With d = {d} and ρ = {rho:g}, your value is off by {gap:+.4f} nats on average.",
            ),
            hint,
        )


# --- 2. Sampling from an autoregression --------------------------------------------------------

q2 = Question("e01.q2", "ar_sample(n, d, rho, generator)")
SAMPLES, LENGTH = 50_000, 5


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@q2.step("generator", "el generador", "the generator")
def _(ar_sample):
    seeds = (7, 7, 8)
    first, again, other = (ar_sample(20, 3, 0.8, seeded(seed), shape=(20, 3)) for seed in seeds)
    need(
        bool((first == again).all()),
        Text(
            f"Dos generadores con la semilla {seeds[0]} dieron muestras distintas.",
            f"Two generators with the seed {seeds[0]} gave different samples.",
        ),
        Text(
            "`torch.randn` usa el generador global salvo que se le pase `generator=generator`.",
            "`torch.randn` uses the global generator unless given `generator=generator`.",
        ),
    )
    need(
        bool((first != other).any()),
        Text(
            f"Las semillas {seeds[0]} y {seeds[2]} dieron las mismas muestras.",
            f"The seeds {seeds[0]} and {seeds[2]} gave the same samples.",
        ),
        Text(
            "Use el generador que recibe; no fije una semilla dentro de la función.",
            "Use the generator that you are given; do not set a seed inside the function.",
        ),
    )


@q2.step("variance", "las varianzas", "the variances")
def _(ar_sample):
    for rho in (0.8, -0.5):
        x = ar_sample(SAMPLES, LENGTH, rho, seeded(2), shape=(SAMPLES, LENGTH))
        variances = x.var(0)
        worst = (variances - 1).abs().argmax()
        need(
            (variances - 1).abs().max() < 0.04,
            Text(
                f"Con ρ = {rho:g}, la variable {worst + 1} tiene varianza {variances[worst]:.3f} "
                "y debería ser 1.",
                f"With ρ = {rho:g}, variable {worst + 1} has variance {variances[worst]:.3f} "
                "and should have 1.",
            ),
            Text(
                "La varianza crece en cada paso: ¿cuánto ruido hay que agregar para que se "
                "mantenga?",
                "The variance grows at every step: how much noise has to be added to keep it?",
            )
            if variances[1:].min() > 1
            else Text(
                "La varianza baja en el segundo paso: el ruido se multiplica por una desviación "
                "estándar, y lo que da el enunciado es una varianza.",
                "The variance falls at the second step: noise is multiplied by a standard "
                "deviation, and what the statement gives is a variance.",
            ),
        )


@q2.step("correlation", "las correlaciones", "the correlations")
def _(ar_sample):
    for rho in (0.8, -0.5):
        x = ar_sample(SAMPLES, LENGTH, rho, seeded(3), shape=(SAMPLES, LENGTH))
        found, expected = torch.corrcoef(x.T), covariance(LENGTH, rho)
        error = (found - expected).abs()
        i, j = divmod(int(error.argmax()), LENGTH)
        if (found - torch.eye(LENGTH)).abs().max() < 0.03:
            hint = Text(
                "Las variables salieron independientes: cada una se genera a partir de la "
                "anterior.",
                "The variables came out independent: each is generated from the one before.",
            )
        elif abs(found[0, 2]) < 0.03:
            hint = Text(
                "Cada variable recuerda a la anterior y a ninguna más. ¿Condiciona en la muestra "
                "x de la variable anterior, o solo en su ruido?",
                "Each variable remembers the one before and no other. Do you condition on the "
                "sample x of the variable before, or only on its noise?",
            )
        else:
            hint = Text(
                "¿Qué ruido es nuevo en cada paso? Compare la correlación de dos variables "
                "vecinas con ρ.",
                "Which noise is new at each step? Compare the correlation of two neighbours with "
                "ρ.",
            )
        need(
            error.max() < 0.03,
            Text(
                f"Con ρ = {rho:g}, la correlación de las variables {i + 1} y {j + 1} es "
                f"{found[i, j]:.3f} y debería ser {expected[i, j]:.3f}.",
                f"With ρ = {rho:g}, the correlation of variables {i + 1} and {j + 1} is "
                f"{found[i, j]:.3f} and should be {expected[i, j]:.3f}.",
            ),
            hint,
        )


@q2.step("law", "la ley de cada variable", "the law of each variable")
def _(ar_sample):
    x = ar_sample(SAMPLES, LENGTH, 0.8, seeded(4), shape=(SAMPLES, LENGTH))
    for i in (0, LENGTH - 1):
        distance = ks_distance(x[:, i], torch.special.ndtr)
        need(
            distance < 0.015,  # by chance, once in 10^9 times
            Text(
                f"La variable {i + 1} está a distancia de Kolmogórov–Smirnov {distance:.3f} de "
                "N(0, 1); se admite 0.015.",
                f"Variable {i + 1} is at a Kolmogorov–Smirnov distance of {distance:.3f} from "
                "N(0, 1); 0.015 is allowed.",
            ),
            Text(
                "Las varianzas y correlaciones están bien, pero la ley no es gaussiana: ¿qué ley "
                "tienen la primera variable y el ruido?",
                "Variances and correlations are right, but the law is not Gaussian: which law do "
                "the first variable and the noise have?",
            ),
        )


# --- 3. A kernel density estimate --------------------------------------------------------------

q3 = Question("e01.q3", "kde(x, data, h)")


@q3.step("mass", "la masa total", "the total mass")
def _(kde):
    h, n = 0.3, 40
    data = gaussian_points(n, 2, seed=5).clamp(-2, 2)
    x, cell = plane(5, 100)
    total = kde(x, data, h, shape=(len(x),)).sum().item() * cell
    hints = (
        (
            n,
            Text(
                "La masa es el número de datos: cada uno debe aportar 1/N.",
                "The mass is the number of data: each should contribute 1/N.",
            ),
        ),
        (
            h,
            Text(
                "La masa resulta igual a h: el núcleo se encoge en las dos direcciones, ¿y el "
                "factor que lo compensa?",
                "The mass comes out as h: the kernel shrinks in both directions; and the factor "
                "that makes up for it?",
            ),
        ),
        (
            h**2,
            Text(
                "Un núcleo más angosto con la misma altura encierra menos masa. Falta el factor "
                "que lo compensa.",
                "A narrower kernel of the same height holds less mass. The factor that makes up "
                "for it is missing.",
            ),
        ),
        (
            math.sqrt(2 * math.pi),
            Text(
                "La constante es la de una gaussiana en la recta; en el plano hay dos factores "
                "como ese.",
                "The constant is that of a Gaussian on the line; in the plane there are two such "
                "factors.",
            ),
        ),
    )
    hint = Text(
        "Integre a mano un solo núcleo: ¿qué pasa con la integral al cambiar h dentro y fuera de "
        "la exponencial?",
        "Integrate one kernel by hand: what happens to the integral when h changes inside and "
        "outside the exponential?",
    )
    need(
        abs(total - 1) < 1e-3,
        Text(
            f"Con h = {h:g} y {n} datos su estimación integra {total:.4f} y debería integrar 1.",
            f"With h = {h:g} and {n} data your estimate integrates to {total:.4f} and should "
            "integrate to 1.",
        ),
        next((text for mass, text in hints if abs(total / mass - 1) < 1e-3), hint),
    )


@q3.step("bump", "una sola campana", "one bump")
def _(kde):
    x, cell = plane(6, 100)
    datum = torch.tensor([[1.5, -0.5]], dtype=torch.float64)
    for h in (0.3, 0.6):
        weights = kde(x, datum, h, shape=(len(x),)) * cell
        centre = weights @ x
        spread = math.sqrt(max((weights @ (x - centre).square()).mean().item(), 0))
        need(
            (centre - datum).abs().max() < 1e-3,
            Text(
                f"El único dato es (1.5, -0.5), y su densidad tiene la media en "
                f"({centre[0]:.3f}, {centre[1]:.3f}).",
                f"The only datum is (1.5, -0.5), and your density has its mean at "
                f"({centre[0]:.3f}, {centre[1]:.3f}).",
            ),
            Text(
                "La campana no está sobre el dato: ¿para qué x debe ser más alta?",
                "The bump is not above the datum: for which x should it be highest?",
            ),
        )
        need(
            abs(spread / h - 1) < 1e-3,
            Text(
                f"Con un solo dato y h = {h:g}, la desviación estándar en cada dirección es "
                f"{spread:.4f}.",
                f"With one datum and h = {h:g}, the standard deviation in each direction is "
                f"{spread:.4f}.",
            ),
            Text(
                "Integra 1, pero h no es el ancho. ¿Con qué potencia de h se compara una "
                "distancia al cuadrado?",
                "It integrates to 1, but h is not the width. With which power of h is a squared "
                "distance compared?",
            ),
        )


@q3.step("data", "todos los datos", "all the data")
def _(kde):
    n = 7
    data, x = gaussian_points(n, 2, seed=6), gaussian_points(40, 2, seed=7)
    alone = torch.stack([kde(x, datum[None], 0.4, shape=(40,)) for datum in data])
    found = kde(x, data, 0.4, shape=(40,))
    need(
        (found - alone.mean(0)).abs().max() < TOLERANCE,
        Text(
            f"La estimación con {n} datos no es la media de las {n} que se hacen con uno solo.",
            f"The estimate with {n} data is not the mean of the {n} made with one of them.",
        ),
        Text(
            "Promedie núcleos, no datos: cada dato tiene su propia campana.",
            "Average kernels, not data: each datum has a bump of its own.",
        ),
    )


# --- 4. A threshold for anomalies --------------------------------------------------------------

q4 = Question("e01.q4", "alarm_threshold(log_density, training, validation, rate)")


def ring(n: int, seed: int) -> torch.Tensor:
    """n points around a circle of radius 2, shape (n, 2)."""
    angle, noise = gaussian_points(n, 1, seed=seed) * 10, gaussian_points(n, 2, seed=seed + 100)
    return 2 * torch.cat([angle.cos(), angle.sin()], dim=1) + 0.2 * noise


def overfitted(x: torch.Tensor, data: torch.Tensor, h: float = 0.08) -> torch.Tensor:
    """Log of a kernel density estimate with narrow kernels, shape (n,)."""
    squares = torch.cdist(x, data).square()
    return torch.logsumexp(-squares / (2 * h**2), dim=1) - math.log(2 * math.pi * h**2 * len(data))


def alarms(threshold, rate: float) -> tuple[float, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Threshold found, and the log-densities of training, validation and fresh points."""
    training, validation, fresh = ring(300, 8), ring(2000, 9), ring(10_000, 10)

    def log_density(x):
        return overfitted(x, training)

    found = threshold(log_density, training, validation, rate, shape=())
    return found.item(), *(log_density(x) for x in (training, validation, fresh))


def alarm_text(rate: float, found: float) -> Text:
    return Text(
        f"Pidiendo una tasa de {rate:g}, su umbral da la alarma en {found:.3f} de 10 000 puntos "
        "nuevos de la misma ley.",
        f"Asked for a rate of {rate:g}, your threshold gives the alarm on {found:.3f} of 10,000 "
        "fresh points of the same law.",
    )


COUNT = Text(
    "¿Supuso que las log-densidades son gaussianas? Ordénelas y cuente.",
    "Did you suppose that log-densities are Gaussian? Sort them and count.",
)


@q4.step("rate", "la tasa de falsas alarmas", "the rate of false alarms")
def _(threshold):
    found, training, validation, fresh = alarms(threshold, 0.05)
    rate = (fresh < found).double().mean().item()
    if abs((training < found).double().mean().item() - 0.05) < 0.01:
        hint = Text(
            "Los puntos de entrenamiento parecen más probables de lo que son: la densidad se "
            "ajustó a ellos. ¿Qué puntos no ha visto?",
            "The training points seem more probable than they are: the density was fitted to "
            "them. Which points has it not seen?",
        )
    elif abs((validation.exp() < found).double().mean().item() - 0.05) < 0.01:
        hint = Text(
            "El umbral está en la escala de la densidad, y la alarma compara logaritmos.",
            "The threshold is on the scale of the density, and the alarm compares logarithms.",
        )
    elif rate > 0.9:
        hint = Text(
            "La alarma suena cuando la densidad es baja: ¿de qué lado deja el umbral al 5 %?",
            "The alarm sounds when the density is low: on which side does the threshold leave "
            "the 5 %?",
        )
    elif rate < 0.03:
        hint = Text(
            "El umbral es tan bajo que casi nada da la alarma. ¿Cuántos puntos de validación "
            "deben quedar debajo?",
            "The threshold is so low that hardly anything gives the alarm. How many validation "
            "points should lie below it?",
        )
    else:
        hint = COUNT
    need(0.03 <= rate <= 0.08, alarm_text(0.05, rate), hint)


@q4.step("other_rate", "otra tasa", "another rate")
def _(threshold):
    found, *_, fresh = alarms(threshold, 0.3)
    unchanged = found == alarms(threshold, 0.05)[0]
    rate = (fresh < found).double().mean().item()
    need(
        0.26 <= rate <= 0.34,
        alarm_text(0.3, rate),
        Text(
            "La tasa llega como argumento, `rate`: su umbral debe depender de ella.",
            "The rate comes as an argument, `rate`: your threshold should depend on it.",
        )
        if unchanged
        else COUNT,
    )
