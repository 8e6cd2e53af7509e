"""Checks of chapter 2: densities and the change of variables on the line.

They test what every right answer must satisfy: f(h(x)) = x, total mass 1, and the mass of an
interval of z carried to its image. No density appears here in closed form except the bases.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

from nflib.course.check.engine import Question, need
from nflib.course.check.measure import constant, ks_distance, masses, slope
from nflib.course.check.result import Text

TOLERANCE = 1e-6  # quadrature is exact to 1e-12 here; float32 answers err by 1e-7


def grid(low: float, high: float, n: int) -> torch.Tensor:
    """n float64 points of the open interval (low, high), equally spaced."""
    return low + (high - low) * (torch.arange(n, dtype=torch.float64) + 0.5) / n


def edges(low: float, high: float, n: int) -> torch.Tensor:
    """The n + 1 ends of n equal intervals of [low, high]."""
    return torch.linspace(low, high, n + 1, dtype=torch.float64)


def gaussian_cdf(z: torch.Tensor) -> torch.Tensor:
    return torch.special.ndtr(z)


def gaussian_density(z: torch.Tensor) -> torch.Tensor:
    return torch.exp(-z.square() / 2) / math.sqrt(2 * math.pi)


def mixture_cdf(x: torch.Tensor) -> torch.Tensor:
    """The cdf of ½N(−2.5, 0.5²) + ½N(2.5, 0.5²)."""
    return (gaussian_cdf((x + 2.5) / 0.5) + gaussian_cdf((x - 2.5) / 0.5)) / 2


def mixture_density(x: torch.Tensor) -> torch.Tensor:
    return gaussian_density((x + 2.5) / 0.5) + gaussian_density((x - 2.5) / 0.5)


def vanishes(density: Callable, outside: torch.Tensor, hints: Callable) -> None:
    """Need a density of 0 at the points ``outside``; ``hints(values)`` chooses the hint."""
    values = density(outside)
    wrong = values != 0
    if wrong.any():
        x, found = outside[wrong][0].item(), values[wrong][0].item()
        need(
            False,
            Text(
                f"Su densidad vale {found:.4g} en x = {x:g}, adonde X no llega.",
                f"Your density is {found:.4g} at x = {x:g}, which X never reaches.",
            ),
            hints(values),
        )


ZERO = Text(
    "Su densidad es 0 en todo el soporte: evalúela en un punto adonde X sí llega.",
    "Your density is 0 on the whole support: evaluate it at a point that X does reach.",
)
YOURS = Text("Su", "Your")


def integrates_to_one(total: float, hint: Text, yours: Text = YOURS, zero: Text = ZERO) -> None:
    """Need a total mass of 1; a mass of 0 has its own hint."""
    need(
        abs(total - 1) < TOLERANCE,
        Text(
            f"{yours.es} densidad integra {total:.4f} y debería integrar 1.",
            f"{yours.en} density integrates to {total:.4f} and should integrate to 1.",
        ),
        zero if abs(total) < TOLERANCE else hint,
    )


def carries_mass(
    found: torch.Tensor,
    expected: torch.Tensor,
    ends: torch.Tensor,
    hint: Text,
    yours: Text = YOURS,
    base: str = "Z",
) -> None:
    """Need each image interval, between neighbouring ``ends``, to carry the expected mass."""
    worst = (found - expected).abs().argmax()
    low, high = sorted(ends[worst : worst + 2].tolist())
    mass, right = found[worst].item(), expected[worst].item()
    need(
        abs(mass - right) < TOLERANCE,
        Text(
            f"{yours.es} densidad da Pr({low:.3f} < X < {high:.3f}) = {mass:.4f}; "
            f"los valores de {base} que caen allí tienen probabilidad {right:.4f}.",
            f"{yours.en} density gives Pr({low:.3f} < X < {high:.3f}) = {mass:.4f}; "
            f"the values of {base} that land there have probability {right:.4f}.",
        ),
        hint,
    )


# --- 1. X = 2Z + 1, Z ~ U[0, 1] ----------------------------------------------------------------

q1 = Question("e02.q1", "h(x)", "h_prime(x)", "density_affine(x)")


def affine(z: torch.Tensor) -> torch.Tensor:
    return 2 * z + 1


@q1.step("inverse", "la inversa", "the inverse")
def _(h, h_prime, density):
    x = edges(1, 3, 20)
    gap = affine(h(x)) - x
    worst = gap.abs().argmax()
    place, back, shifted = x[worst].item(), (x + gap)[worst].item(), constant(gap)
    need(
        gap.abs().max() < TOLERANCE,
        Text(
            f"f(h({place:.3g})) = {back:.4g} y debería ser {place:.3g}.",
            f"f(h({place:.3g})) = {back:.4g} and should be {place:.3g}.",
        ),
        hint=Text(
            "El error es el mismo en todos los puntos: el factor está bien y el "
            "corrimiento no. ¿En qué orden se deshacen las dos operaciones de f?",
            "The error is the same at every point: the factor is right and the shift is "
            "not. In which order are the two operations of f undone?",
        )
        if shifted
        else Text(
            "Escriba x = f(z) y despeje z; luego pruebe con un punto, por ejemplo z = 1.",
            "Write x = f(z) and solve for z; then try one point, for example z = 1.",
        ),
    )


@q1.step("derivative", "la derivada", "the derivative")
def _(h, h_prime, density):
    x = edges(1, 3, 20)
    found, expected = h_prime(x), slope(h, x)
    worst = (found - expected).abs().argmax()
    reciprocal = (found * expected - 1).abs().max() < TOLERANCE
    place, value = x[worst].item(), found[worst].item()
    need(
        (found - expected).abs().max() < TOLERANCE,
        Text(
            f"En x = {place:.3g} su h′ vale {value:.4g}, y su h no tiene esa pendiente.",
            f"At x = {place:.3g} your h′ is {value:.4g}, and your h does not have that slope.",
        ),
        hint=Text(
            "Esa es la derivada de f. ¿Qué relación hay entre las pendientes de una "
            "función y de su inversa?",
            "That is the derivative of f. How are the slopes of a function and of its "
            "inverse related?",
        )
        if reciprocal
        else Text(
            "Compare con cuánto cambia h entre dos puntos, por ejemplo 1 y 3.",
            "Compare with how much h changes between two points, for example 1 and 3.",
        ),
    )


@q1.step("support", "el soporte", "the support")
def _(h, h_prime, density):
    outside = torch.tensor([-1.0, 0.25, 0.75, 3.25, 3.75, 6.0], dtype=torch.float64)

    def hints(values):
        if (values != 0).all():
            return Text(
                "Su densidad no se anula fuera de la imagen de f: ¿qué valores toma X "
                "cuando Z recorre [0, 1]?",
                "Your density does not vanish outside the image of f: which values does X "
                "take when Z runs over [0, 1]?",
            )
        if (values[1:3] != 0).all():
            return Text(
                "La densidad de Z se evalúa en un valor de Z. ¿Qué z corresponde a x?",
                "The density of Z is evaluated at a value of Z. Which z corresponds to x?",
            )
        return Text(
            "El soporte quedó corrido: use dentro de la densidad la misma h que pasó "
            "la primera revisión.",
            "The support is shifted: use inside the density the same h that passed the first step.",
        )

    vanishes(density, outside, hints)


@q1.step("mass", "la masa total", "the total mass")
def _(h, h_prime, density):
    total = masses(density, edges(1, 3, 20)).sum().item()
    integrates_to_one(
        total,
        Text(
            "f alarga cada intervalo. Si la altura no cambia, ¿qué pasa con el área?",
            "f lengthens every interval. If the height stays, what happens to the area?",
        )
        if total > 1
        else Text(
            "Sobra un factor: cada intervalo se alarga una sola vez. En p(x)|dx| = p(z)|dz| no "
            "hay que volver a dividir por la derivada.",
            "There is a factor too many: every interval is stretched only once. In "
            "p(x)|dx| = p(z)|dz| there is no need to divide by the derivative again.",
        ),
    )


@q1.step("intervals", "la masa de cada intervalo", "the mass of each interval")
def _(h, h_prime, density):
    z = edges(0, 1, 20)
    x = affine(z)
    carries_mass(
        masses(density, x),
        z.diff(),
        x,
        Text(
            "Integrar 1 no alcanza: intervalos de igual largo en z son igualmente "
            "probables. ¿Cómo son sus imágenes?",
            "To integrate to 1 is not enough: intervals of equal length in z are "
            "equally likely. What are their images like?",
        ),
    )


# --- 2. X = exp(Z), Z ~ U[0, 2] ----------------------------------------------------------------

q2 = Question("e02.q2", "density_exp(x)")


@q2.step("support", "el soporte", "the support")
def _(density):
    outside = torch.tensor([-3.0, -1.0, 0.25, 0.75, 7.5, 9.0], dtype=torch.float64)

    def hints(values):
        if (values[[0, 1, 4, 5]] != 0).any():
            return Text(
                "La exponencial de un número de [0, 2] no puede valer cualquier cosa: "
                "marque en el eje de x hasta dónde llega.",
                "The exponential of a number in [0, 2] cannot be just anything: "
                "mark on the x axis how far it reaches.",
            )
        return Text(
            "[0, 2] es el intervalo de Z. Pregunte si está allí el z que "
            "corresponde a x, no x mismo.",
            "[0, 2] is the interval of Z. Ask whether the z that corresponds to x "
            "lies in it, not x itself.",
        )

    vanishes(density, outside, hints)


@q2.step("mass", "la masa total", "the total mass")
def _(density):
    total = masses(density, edges(0, 2, 40).exp()).sum().item()
    x = grid(0, 2, 40).exp()
    if total > 1:
        hint = Text(
            "Los intervalos de z se alargan al pasar a x, y cada uno conserva su masa. "
            "¿Qué factor corrige la altura?",
            "The intervals of z get longer on their way to x, and each keeps its mass. "
            "Which factor corrects the height?",
        )
    elif constant(density(x) * x.exp()):
        hint = Text(
            "La derivada de f se evalúa en z, no en x: ¿qué z corresponde a x?",
            "The derivative of f is evaluated at z, not at x: which z corresponds to x?",
        )
    else:
        hint = Text(
            "El alargamiento parece contado de más: p(x)|dx| = p(z)|dz| lo cuenta una sola vez.",
            "The stretch seems to be counted too often: p(x)|dx| = p(z)|dz| counts it only once.",
        )
    integrates_to_one(total, hint)


@q2.step("intervals", "la masa de cada intervalo", "the mass of each interval")
def _(density):
    z = edges(0, 2, 40)
    x = z.exp()
    carries_mass(
        masses(density, x),
        z.diff() / 2,
        x,
        Text(
            "La masa total está bien, su reparto no: la exponencial alarga más los "
            "intervalos de z grande, ¿dónde queda más baja la densidad?",
            "The total mass is right, its distribution is not: the exponential "
            "lengthens the intervals of large z more; where is the density lower?",
        ),
    )


# --- 3. X = -ln(U) / rate, U ~ U[0, 1] ---------------------------------------------------------

q3 = Question("e02.q3", "density_minus_log(x, rate)")
RATES = (1.0, 2.0, 0.4)


def with_rate(rate: float) -> Text:
    return Text(f"Con λ = {rate:g} su", f"With λ = {rate:g} your")


def decreasing(u: torch.Tensor, rate: float) -> torch.Tensor:
    return -u.log() / rate


@q3.step("sign", "el signo", "the sign")
def _(density):
    x = grid(0, 4, 40)
    values = density(x, 1.0)
    place, value = x[values.argmin()].item(), values.min().item()
    need(
        value >= 0,
        Text(
            f"Su densidad vale {value:.4g} en x = {place:.3g}.",
            f"Your density is {value:.4g} at x = {place:.3g}.",
        ),
        Text(
            "Una probabilidad no depende del sentido en que f recorre el eje. La función es "
            "decreciente: ¿qué signo tiene su derivada?",
            "A probability does not depend on the direction in which f runs along the axis. "
            "The function decreases: what sign does its derivative have?",
        ),
    )


@q3.step("support", "el soporte", "the support")
def _(density):
    outside = torch.tensor([-5.0, -1.0, -0.25], dtype=torch.float64)
    for rate in RATES:
        vanishes(
            lambda x, rate=rate: density(x, rate),
            outside,
            lambda values: Text(
                "El logaritmo de un número de (0, 1) tiene signo fijo. ¿Qué valores puede tomar X?",
                "The logarithm of a number in (0, 1) has a fixed sign. Which values can X take?",
            ),
        )


@q3.step("mass", "la masa total", "the total mass")
def _(density):
    for rate in RATES:
        x = edges(0, 100, 160)
        total = masses(lambda x, rate=rate: density(x, rate), x).sum().item()
        if abs(total * rate - 1) < TOLERANCE:
            hint = Text(
                "La masa es 1 solo para λ = 1: ¿no falta λ en la derivada de h?",
                "The mass is 1 only for λ = 1: isn't λ missing from the derivative of h?",
            )
        elif abs(total * rate**2 - 1) < TOLERANCE:
            hint = Text(
                "λ entra del lado equivocado: compare las pendientes de f y de h.",
                "λ enters on the wrong side: compare the slopes of f and of h.",
            )
        else:
            hint = Text(
                "Escriba u como función de x, derive respecto de x y mida la masa otra vez.",
                "Write u as a function of x, differentiate with respect to x and measure "
                "the mass again.",
            )
        integrates_to_one(total, hint, with_rate(rate))


@q3.step("intervals", "la masa de cada intervalo", "the mass of each interval")
def _(density):
    u = edges(0.01, 1, 30)
    here = grid(0, 3, 20)
    for rate in RATES:
        x = decreasing(u, rate)
        if (density(here, 2.0) - density(here, 1.0)).abs().max() < TOLERANCE:
            hint = Text(
                "Su densidad es la misma para todo λ. Con λ grande, ¿X se acerca a 0 o se aleja?",
                "Your density is the same for every λ. When λ is large, does X come "
                "closer to 0 or go away from it?",
            )
        elif rate == 1:
            hint = Text(
                "La masa total está bien, su reparto no: ¿a qué valores de U corresponde "
                "Pr(X > x)?",
                "The total mass is right, its distribution is not: to which values of U "
                "does Pr(X > x) correspond?",
            )
        else:
            hint = Text(
                "λ está en otro lugar del que corresponde: ¿la media de X crece o decrece con λ?",
                "λ is not where it belongs: does the mean of X grow or shrink with λ?",
            )
        carries_mass(
            masses(lambda x, rate=rate: density(x, rate), x),
            u.diff(),
            x,
            hint,
            with_rate(rate),
            base="U",
        )


# --- 4. X = Z², Z ~ N(0, 1) --------------------------------------------------------------------

q4 = Question("e02.q4", "density_square(x)")


@q4.step("support", "el soporte", "the support")
def _(density):
    outside = torch.tensor([-4.0, -1.0, -0.1], dtype=torch.float64)
    vanishes(
        density,
        outside,
        lambda values: Text(
            "Un cuadrado no es negativo: ¿cuánto vale Pr(X < 0)?",
            "A square is not negative: what is Pr(X < 0)?",
        ),
    )


@q4.step("mass", "la masa total", "the total mass")
def _(density):
    # x = s² takes away the infinite value at 0: the integral of p(s²)·2s over s > 0
    total = masses(lambda s: density(s.square()) * 2 * s, edges(0, 9, 60)).sum().item()
    zero = Text(
        "¿Los dos aportes se cancelan? La masa que llega por cada rama se suma, suba o baje f.",
        "Do the two contributions cancel? The mass that arrives along each branch is "
        "added, whether f goes up or down.",
    )
    if abs(total - 0.5) < TOLERANCE:
        hint = Text(
            "Se perdió justo la mitad. ¿Cuántos z tienen el mismo cuadrado?",
            "Exactly one half is lost. How many z have the same square?",
        )
    else:
        hint = Text(
            "¿Por cuánto se divide la densidad de Z en cada rama? Derive f y evalúe en "
            "el z de esa rama.",
            "By what is the density of Z divided on each branch? Differentiate f and "
            "evaluate at the z of that branch.",
        )
    integrates_to_one(total, hint, zero=zero)


@q4.step("intervals", "la masa de cada intervalo", "the mass of each interval")
def _(density):
    z = edges(0.05, 4, 40)
    x = z.square()
    carries_mass(
        masses(density, x),
        2 * gaussian_cdf(z).diff(),
        x,
        Text(
            "Elija un x, por ejemplo 4: ¿desde qué valores de Z se llega a él?",
            "Choose an x, for example 4: from which values of Z is it reached?",
        ),
    )


# --- 5. Inverse cdf of a mixture, by bisection -------------------------------------------------

q5 = Question("e02.q5", "inverse_cdf(u)", float64=True)


@q5.step("law", "la ley de las muestras", "the law of the samples")
def _(inverse_cdf):
    n = 500
    shuffled = torch.arange(n) * 173 % n  # the order of the samples does not matter
    x = inverse_cdf(grid(0, 1, n)[shuffled])
    distance = ks_distance(x, mixture_cdf)
    if constant(x):
        hint = Text(
            "Todos los puntos dieron lo mismo: cada u necesita su propio intervalo y su "
            "propia decisión.",
            "All points came out the same: each u needs its own interval and its own decision.",
        )
    elif x.min() >= 0 and x.max() <= 1:
        hint = Text(
            "Devolvió valores entre 0 y 1, que son probabilidades. Se pide el camino "
            "contrario: de u al punto x.",
            "You returned values between 0 and 1, which are probabilities. The other way "
            "is asked for: from u to the point x.",
        )
    elif (x.abs() > 6).all():
        hint = Text(
            "La búsqueda terminó en los extremos del intervalo inicial: revise con qué "
            "mitad se queda cuando F en el medio no alcanza a u.",
            "The search ended at the ends of the first interval: look at which half you "
            "keep when F in the middle is below u.",
        )
    else:
        hint = Text(
            "La inversa de una mezcla no es la mezcla de las inversas: busque el punto "
            "en el que F, ya mezclada, vale u.",
            "The inverse of a mixture is not the mixture of the inverses: look for the "
            "point at which F, already mixed, equals u.",
        )
    need(
        distance < 0.01,
        Text(
            f"Con n = {n} valores de u equiespaciados, la distancia de Kolmogórov–Smirnov a la "
            f"mezcla es {distance:.3f}; se admite 0.01.",
            f"With n = {n} equally spaced values of u, the Kolmogorov–Smirnov distance to the "
            f"mixture is {distance:.3f}; 0.01 is allowed.",
        ),
        hint,
    )


@q5.step("round_trip", "ida y vuelta", "there and back")
def _(inverse_cdf):
    u = grid(0, 1, 500)
    x = inverse_cdf(u)
    error = (mixture_cdf(x) - u).abs()
    worst = error.argmax()
    back, there = mixture_cdf(x)[worst].item(), u[worst].item()
    need(
        error.max() < 1e-4,
        Text(
            f"Para u = {there:.3f}, F(F⁻¹(u)) = {back:.5f}.",
            f"For u = {there:.3f}, F(F⁻¹(u)) = {back:.5f}.",
        ),
        hint=Text(
            "Las muestras tienen la ley pedida, pero su función decrece: la ida y vuelta "
            "no da la identidad.",
            "The samples have the law asked for, but your function decreases: there and "
            "back is not the identity.",
        )
        if x[0] > x[-1]
        else Text(
            "El resultado es demasiado grueso: ¿cuánto mide el último intervalo?",
            "The result is too coarse: how long is the last interval?",
        ),
    )


@q5.step("tails", "las colas", "the tails")
def _(inverse_cdf):
    tiny = torch.tensor([1e-7, 1e-5, 1e-4], dtype=torch.float64)
    u = torch.cat([tiny, 1 - tiny])
    back = mixture_cdf(inverse_cdf(u))
    error = (back - u).abs() / torch.cat([tiny, tiny])
    worst = error.argmax()
    need(
        error.max() < 1e-2,
        Text(
            f"Para u = {u[worst].item():.8g}, F(F⁻¹(u)) = {back[worst].item():.8g}.",
            f"For u = {u[worst].item():.8g}, F(F⁻¹(u)) = {back[worst].item():.8g}.",
        ),
        Text(
            "La bisección no sale nunca del intervalo en el que empieza: ¿contiene también a "
            "los cuantiles extremos?",
            "Bisection never leaves the interval in which it starts: does it also contain the "
            "extreme quantiles?",
        ),
    )


@q5.step("flow_slope", "la pendiente del flujo", "the slope of the flow")
def _(inverse_cdf):
    z = torch.tensor([-2.5, -1.5, -0.7, -0.2, 0.2, 0.7, 1.5, 2.5], dtype=torch.float64)

    def flow(z):
        return inverse_cdf(gaussian_cdf(z))

    found, expected = slope(flow, z), gaussian_density(z) / mixture_density(flow(z))
    error = (found / expected - 1).abs()
    worst = error.argmax()
    place, value, right = z[worst].item(), found[worst].item(), expected[worst].item()
    need(
        error.max() < 1e-4,
        Text(
            f"Con f(z) = F⁻¹(Φ(z)), f′({place:g}) = {value:.5f} por diferencias, y "
            f"la conservación de la masa pide {right:.5f}.",
            f"With f(z) = F⁻¹(Φ(z)), f′({place:g}) = {value:.5f} by differences, and "
            f"conservation of mass asks for {right:.5f}.",
        ),
        Text(
            "Vista de cerca, su función tiene escalones: siga hasta que el intervalo mida menos "
            "que 1e-9.",
            "Seen up close, your function is a staircase: go on until the interval is shorter "
            "than 1e-9.",
        ),
    )
