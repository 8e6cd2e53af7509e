"""Checks of chapter 9: images.

What is right is computed in another way than the answers: the automatic derivative, counts in
loops, laws of PyTorch, sums over pairs, an entropy that no model can beat, images drawn afresh.
"""

from __future__ import annotations

import math
from functools import cache

import torch
from torch import Tensor
from torch.distributions import MultivariateNormal, Normal

from nflib.course.check.engine import Question, need
from nflib.course.check.measure import gaussian_points, off, same
from nflib.course.check.result import Text
from nflib.targets import load_digits

LN2 = math.log(2)


def agrees(
    name: str,
    found: Tensor,
    right: Tensor | float,
    wrong: list[Tensor | float],
    hints: tuple[Text, ...],
    tolerance: float = 1e-6,
) -> None:
    """Need ``found`` equal to ``right``; else a hint, that of the wrong value found or the last."""
    right = torch.as_tensor(right, dtype=torch.float64).expand(found.shape)
    error = off(found, right).flatten()
    worst = error.argmax()
    value, expected = found.flatten()[worst].item(), right.flatten()[worst].item()
    met = (
        hint
        for mistake, hint in zip(wrong, hints, strict=False)
        if same(found, torch.as_tensor(mistake), 1e-7)
    )
    need(
        error.max() < tolerance,
        Text(
            f"{name} da {value:.6g} donde debería dar {expected:.6g}.",
            f"{name} gives {value:.6g} where it should give {expected:.6g}.",
        ),
        next(met, hints[-1]),
    )


def uniform_noise(*shape: int, seed: int) -> Tensor:
    """Numbers of (0.001, 0.999)."""
    drawn = torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return 0.001 + 0.998 * drawn


def integers(levels: int, *shape: int, seed: int) -> Tensor:
    return torch.randint(levels, shape, generator=torch.Generator().manual_seed(seed))


# --- 1. From grey levels to bits ---------------------------------------------------------------

q1 = Question(
    "e09.q1",
    "to_logit(v, u, levels, alpha)",
    "to_levels(w, levels, alpha)",
    "bits_per_dim(log_q, w, levels, alpha)",
    float64=True,
)
CASES = ((17, 0.05, 6), (256, 0.01, 3))  # Q, alpha, d


def images(levels: int, d: int) -> tuple[Tensor, Tensor]:
    v = torch.cat([integers(levels, 9, d, seed=d), torch.tensor([[0] * d, [levels - 1] * d])])
    return v.double(), uniform_noise(*v.shape, seed=d + 1)


@q1.step("logit", "de los niveles al logit", "from the levels to the logit")
def _(to_logit, to_levels, bits):
    hints = (
        Text(
            "Falta el paso que aleja los valores de 0 y de 1.",
            "The step that keeps the values away from 0 and 1 is missing.",
        ),
        Text(
            "Sin el ruido los valores siguen siendo unos pocos.",
            "Without the noise the values are still only a few.",
        ),
        Text("Falta el último paso, el logit.", "The last step, the logit, is missing."),
        Text(
            "Con el nivel más alto y el ruido cercano a 1 hay que llegar cerca de 1 sin pasarlo.",
            "With the highest level and noise near 1 one has to come near 1, not beyond.",
        ),
    )
    for levels, alpha, d in CASES:
        v, u = images(levels, d)
        s = alpha + (1 - 2 * alpha) * (v + u) / levels
        agrees(
            "w",
            to_logit(v, u, levels, alpha, finite=False),
            (s / (1 - s)).log(),
            [
                ((v + u) / (levels - v - u)).log(),
                torch.logit(alpha + (1 - 2 * alpha) * v / levels),
                s,
            ],
            hints,
        )


@q1.step("levels", "la vuelta a los niveles", "back to the levels")
def _(to_logit, to_levels, bits):
    hints = (
        Text(
            "El ruido va de 0 a 1: todo el intervalo por encima de un nivel es ese nivel.",
            "The noise goes from 0 to 1: the whole interval above a level is that level.",
        ),
        Text(
            "A la vuelta hay que deshacer también el paso de alfa.",
            "On the way back the step of alpha has to be undone too.",
        ),
        Text("Se piden los niveles, que son enteros.", "Levels are asked for: they are integers."),
        Text(
            "Deshaga los pasos en el orden contrario: el último fue el logit.",
            "Undo the steps in the opposite order: the last was the logit.",
        ),
    )
    for levels, alpha, d in CASES:
        v, u = images(levels, d)
        s = alpha + (1 - 2 * alpha) * (v + u) / levels
        found = to_levels(torch.logit(s), levels, alpha)
        agrees(
            "v",
            found,
            v,
            [(v + u).round().clamp(max=levels - 1), (levels * s).floor(), v + u],
            hints,
        )
        outside = torch.tensor([[-30.0] * d, [30.0] * d], dtype=torch.float64)
        found = to_levels(outside, levels, alpha)
        low, high = found.min().item(), found.max().item()
        need(
            low == 0 and high == levels - 1,
            Text(
                f"Con w muy negativo o muy grande los niveles van de {low:g} a {high:g}; hay "
                f"{levels}, desde 0.",
                f"With w very negative or very large the levels go from {low:g} to {high:g}; there "
                f"are {levels}, from 0 on.",
            ),
            Text(
                "Una muestra del flujo puede salirse un poco del cubo: ¿qué nivel se le da?",
                "A sample of the flow may leave the cube a little: which level does it get?",
            ),
        )


@q1.step("bits", "los bits por dimensión", "bits per dimension")
def _(to_logit, to_levels, bits):
    hints = (
        Text("Está en nats: cambie la base.", "It is in nats: change the base."),
        Text(
            "La densidad está en unidades del cubo; ¿qué lado tiene una celda?",
            "The density is in units of the cube; which side has a cell?",
        ),
        Text(
            "La densidad que llega es la de w; los bits son de y.",
            "The density that comes is that of w; the bits are of y.",
        ),
        Text(
            "El determinante entra con el signo contrario.",
            "The determinant enters with the opposite sign.",
        ),
        Text(
            "El determinante tiene además el factor de la compresión con alfa.",
            "The determinant has the factor of the squeeze by alpha as well.",
        ),
        Text("Es el total de la imagen.", "That is the total of the image."),
        Text(
            "Con la ley uniforme deben salir log₂ Q bits por píxel, sea cual sea alfa.",
            "With the uniform law log₂ Q bits a pixel must come out, whatever alpha is.",
        ),
    )
    for levels, alpha, d in CASES:
        v, u = images(levels, d)
        y = (v + u) / levels
        w = torch.logit(alpha + (1 - 2 * alpha) * y).requires_grad_()
        back = (torch.sigmoid(w) - alpha) / (1 - 2 * alpha)
        slope = torch.autograd.grad(back.sum(), w)[0]  # dy/dw
        w = w.detach()
        normal = Normal(0.3, 1.5).log_prob(w).sum(1)
        for name, log_q in (("U(0, 1)", slope.log().sum(1)), ("N", normal)):
            log_p, per = log_q - slope.log().sum(1), d * LN2
            right = math.log2(levels) - log_p / per
            agrees(
                f"Q = {levels}, {name}:",
                bits(log_q, w, levels, alpha, shape=(len(w),)),
                right,
                [
                    right * LN2,
                    right - math.log2(levels),
                    math.log2(levels) - log_q / per,
                    math.log2(levels) - (2 * log_q - log_p) / per,
                    right + math.log(1 - 2 * alpha) / LN2,
                    right * d,
                ],
                hints,
                1e-9,
            )


# --- 2. A baseline -----------------------------------------------------------------------------

q2 = Question("e09.q2", "histogram_bits(train, test, levels)", "unseen_bits(n, levels)")


@cache
def digits() -> tuple[Tensor, Tensor]:
    train, _, test = load_digits().split(1257, 180, 360)
    return train.images, test.images


def histogram(train: Tensor, test: Tensor, levels: int, add: float = 0.5) -> Tensor:
    """Bits of every pixel of every image, one count after the other."""
    bits = torch.empty(test.shape, dtype=torch.float64)
    for i in range(test.shape[1]):
        count = torch.bincount(train[:, i], minlength=levels).double() + add
        bits[:, i] = -(count[test[:, i]] / (len(train) + add * levels)).log2()
    return bits


@q2.step("digits", "los dígitos", "the digits")
def _(histogram_bits, unseen_bits):
    hints = (
        Text("El logaritmo es el natural.", "The logarithm is the natural one."),
        Text(
            "Usó un solo histograma; cada píxel tiene el suyo.",
            "You used a single histogram; each pixel has its own.",
        ),
        Text("Midió en los datos con que contó.", "You measured on the data that you counted."),
        Text("Son los bits de una imagen entera.", "Those are the bits of a whole image."),
        Text("Sumó 1 a cada cuenta.", "You added 1 to each count."),
        Text(
            "Las probabilidades de un píxel deben sumar 1: compruébelo.",
            "The probabilities of a pixel must add to 1: check it.",
        ),
    )
    train, test = digits()
    right = histogram(train, test, 17)
    pooled = histogram(train.reshape(-1, 1), test.reshape(-1, 1), 17).mean()
    found = histogram_bits(train, test, 17, shape=(), finite=False)
    need(
        bool(found.isfinite()),
        Text(f"En los dígitos da {found.item()}.", f"On the digits it gives {found.item()}."),
        Text(
            "Algún nivel de prueba nunca se vio en entrenamiento: ¿qué probabilidad le dio?",
            "Some level of the test set was never seen in training: which probability did it get?",
        ),
    )
    agrees(
        "bits(train, test)",
        found,
        right.mean(),
        [
            right.mean() * LN2,
            pooled,
            histogram(train, train, 17).mean(),
            right.sum(1).mean(),
            histogram(train, test, 17, 1.0).mean(),
        ],
        hints,
    )


@q2.step("others", "otras imágenes", "other images")
def _(histogram_bits, unseen_bits):
    hints = (
        Text(
            "Acertó con los dígitos y no con otras imágenes: ¿de dónde sale la cantidad de niveles?",
            "It was right on the digits and is not on other images: where does the number of levels come from?",
        ),
    )
    for levels, d in ((5, 3), (256, 4)):
        train, test = integers(levels - 1, 50, d, seed=d), integers(levels, 20, d, seed=9)
        agrees(
            f"bits(train, test), Q = {levels}, d = {d},",
            histogram_bits(train, test, levels, shape=(), finite=False),
            histogram(train, test, levels).mean(),
            [],
            hints,
        )


@q2.step("unseen", "un nivel que nunca se vio", "a level never seen")
def _(histogram_bits, unseen_bits):
    hints = (
        Text(
            "¿Cuánto suman todas las cuentas, ya corregidas?",
            "What do all counts add to, once corrected?",
        ),
        Text("Eso costaría si no hubiera datos.", "That would be the cost without data."),
        Text("Pase de nats a bits.", "Go from nats to bits."),
        Text("Un costo es positivo.", "A cost is positive."),
        Text(
            "Su cuenta es 0; ¿qué se le suma, y entre cuánto se divide?",
            "Its count is 0; what is added to it, and by what is it divided?",
        ),
    )
    for n, levels in ((1257, 17), (10, 256)):
        right = -math.log2(0.5 / (n + levels / 2))
        agrees(
            f"bits(n = {n}, Q = {levels})",
            unseen_bits(n, levels, shape=(), finite=False),
            right,
            [math.log2(2 * n), math.log2(levels), right * LN2, -right],
            hints,
        )


# --- 3. A flow that does not lie ---------------------------------------------------------------

q3 = Question("e09.q3", "learn(v, y)")
BAR = 3.45  # independent pixels, each with its true law, cost 3.469 bits


@q3.step("learned", "el modelo aprendido", "the model learned")
def _(learn):
    v = load_digits().images[:, [28, 36]]
    counts = v.unique(dim=0, return_counts=True)[1].double()
    entropy = -(counts / len(v) * (counts / len(v)).log2()).sum().item() / 2
    side = (torch.arange(170) + 0.5) / 170
    grid = torch.cartesian_prod(side, side)
    noise = uniform_noise(len(v), 2, seed=70)
    points = torch.cat([(v + 0.5) / 17, grid, (v + noise) / 17]).float()
    found = learn(v, points, shape=(len(points),), finite=False)
    found = torch.where(found.isnan(), math.inf, found)
    at_centres, on_grid, fresh = found.split([len(v), len(grid), len(v)])
    mass = on_grid.clamp(max=300).exp().mean().item()
    middle, score = (math.log2(17) - part.mean().item() / (2 * LN2) for part in (at_centres, fresh))
    need(
        0.85 < mass < 1.05 or (middle < entropy - 0.15 and mass < 2),
        Text(
            f"La exponencial de lo que devuelve integra {mass:.4g} en el cuadrado; debería ser 1, o "
            "poco menos.",
            f"The exponential of what you return integrates to {mass:.4g} over the square; it should "
            "be 1, or a little less.",
        ),
        Text(
            "¿En qué unidades está su densidad? El cuadrado tiene lado 1 y no Q.",
            "In which units is your density? The square has side 1 and not Q.",
        )
        if mass < 0.01
        else Text(
            "Entre el punto y la base hay cambios de variables: ¿están todos sus determinantes?",
            "Between the point and the base there are changes of variables: are all their determinants there?",
        ),
    )
    need(
        middle > entropy - 0.15,
        Text(
            f"En los centros de las celdas su modelo dice gastar {middle:.3f} bits por píxel; la "
            f"entropía es {entropy:.3f}.",
            f"At the centres of the cells your model claims to spend {middle:.3f} bits a pixel; the "
            f"entropy is {entropy:.3f}.",
        ),
        Text(
            "Es imposible: puso agujas en los enteros. ¿Qué ve el flujo al entrenar, y es lo mismo "
            "en cada paso?",
            "It is impossible: it put needles on the integers. What does the flow see in training, "
            "and is it the same in every step?",
        ),
    )
    need(
        score < BAR,
        Text(
            f"Con ruido nuevo gasta {score:.3f} bits por píxel; se piden menos de {BAR}, y la "
            f"entropía es {entropy:.3f}.",
            f"With fresh noise it spends {score:.3f} bits a pixel; less than {BAR} are asked for, and "
            f"the entropy is {entropy:.3f}.",
        ),
        Text(
            "La ley uniforme gasta 4.087: ¿se entrenó?",
            "The uniform law spends 4.087: was it trained?",
        )
        if score > 4
        else Text(
            "Una gaussiana no tiene picos en el blanco y en el negro: haga la función más flexible.",
            "A Gaussian has no peaks at white and at black: make the map more flexible.",
        )
        if score > 3.6
        else Text(
            "Dos píxeles independientes gastarían 3.469 con sus leyes exactas: falta lo que uno dice del otro.",
            "Two independent pixels would spend 3.469 with their exact laws: what one tells of "
            "the other is missing.",
        ),
    )


# --- 4. A Bayes classifier ---------------------------------------------------------------------

q4 = Question(
    "e09.q4",
    "class_log_probs(w, means, factors)",
    "log_mixture(log_p, priors)",
    "posterior(log_p, priors)",
    float64=True,
)


@q4.step("classes", "la densidad de cada clase", "the density of each class")
def _(class_log_probs, log_mixture, posterior):
    hints = (
        Text(
            "Falta el determinante, que es otro en cada clase.",
            "The determinant is missing, and it is another one in each class.",
        ),
        Text(
            "El determinante suma donde debe restar.",
            "The determinant adds where it must subtract.",
        ),
        Text("Falta la constante.", "The constant is missing."),
        Text(
            "Resolvió el sistema de la matriz transpuesta.",
            "You solved the system of the transposed matrix.",
        ),
        Text(
            "Usó el mismo determinante para todas las clases.",
            "You used the same determinant for all classes.",
        ),
        Text(
            "Para cada clase: lleve el punto a la base, evalúe la normal y sume el logaritmo "
            "del determinante de la inversa.",
            "For each class: take the point to the base, evaluate the normal and add the "
            "logarithm of the determinant of the inverse.",
        ),
    )
    for K, d in ((3, 2), (10, 5)):
        means = gaussian_points(K, d, seed=K)
        factors = (0.4 * gaussian_points(K, d, d, seed=K + 1)).tril(-1)
        factors = factors + torch.diag_embed(0.3 + uniform_noise(K, d, seed=K + 2))
        w = gaussian_points(8, d, seed=K + 3)
        right = MultivariateNormal(means, scale_tril=factors).log_prob(w[:, None])
        volume = factors.diagonal(dim1=1, dim2=2).log().sum(1)
        constant = d * math.log(2 * math.pi) / 2
        transposed = torch.stack(
            [
                Normal(0.0, 1.0).log_prob((w - m) @ torch.linalg.inv(L)).sum(1)
                for m, L in zip(means, factors, strict=True)
            ],
            1,
        )
        agrees(
            "log p(w | k)",
            class_log_probs(w, means, factors, shape=(len(w), K)),
            right,
            [
                right + volume,
                right + 2 * volume,
                right + constant,
                transposed - volume,
                right + volume - volume.mean(),
            ],
            hints,
        )


def two_logs() -> list[tuple[Tensor, Tensor]]:
    """Log-densities of few and of many pixels, with priors."""
    priors = torch.tensor([0.5, 0.2, 0.3], dtype=torch.float64)
    small = gaussian_points(6, 3, seed=80)
    return [(small, priors), (4 * small - 2000, priors), (4 * small + 2000, priors)]


HUGE = Text(
    "Con muchos píxeles la densidad no cabe en un float64, por chica o por grande: no salga del logaritmo.",
    "With many pixels the density does not fit into a float64, as too small or too large: do not "
    "leave the logarithm.",
)


@q4.step("mixture", "la densidad sin etiqueta", "the density without label")
def _(class_log_probs, log_mixture, posterior):
    hints = (
        Text(
            "Promedió los logaritmos; se promedian las densidades.",
            "You averaged the logarithms; densities are averaged.",
        ),
        Text(
            "Faltan las probabilidades de las clases.",
            "The probabilities of the classes are missing.",
        ),
        Text(
            "Tomó la clase que más aporta; las otras también suman.",
            "You took the class that gives most; the others add too.",
        ),
    )
    for log_p, priors in two_logs():
        found = log_mixture(log_p, priors, shape=(len(log_p),), finite=False)
        centred = log_p - log_p.max()
        right = (centred.exp() @ priors).log() + log_p.max()
        agrees(
            "log p(w)",
            found,
            right,
            [
                log_p @ priors,
                centred.exp().sum(1).log() + log_p.max(),
                (log_p + priors.log()).max(1).values,
            ],
            (
                *hints,
                HUGE
                if bool((~found.isfinite()).any())
                else Text(
                    "Escriba la suma sobre las clases y después su logaritmo.",
                    "Write the sum over the classes and then its logarithm.",
                ),
            ),
        )


@q4.step("posterior", "la regla de Bayes", "Bayes's rule")
def _(class_log_probs, log_mixture, posterior):
    hints = (
        Text("Eso es con clases igual de frecuentes.", "That is with classes equally frequent."),
        Text("No suman 1 en cada imagen.", "They do not add to 1 for each image."),
        Text("Se piden las probabilidades.", "The probabilities are asked for."),
        Text(
            "Normalizó entre imágenes y no entre clases.",
            "You normalised over images and not over classes.",
        ),
    )
    for log_p, priors in two_logs():
        weights = (log_p - log_p.max(1, keepdim=True).values).exp()
        right = weights * priors
        right = right / right.sum(1, keepdim=True)
        found = posterior(log_p, priors, finite=False)
        even = weights / weights.sum(1, keepdim=True)
        agrees(
            "P(k | w)",
            found,
            right,
            [even, log_p.exp() * priors, right.log(), torch.softmax(log_p + priors.log(), 0)],
            (
                *hints,
                Text(
                    "Aquí aparece 0/0 o ∞/∞: el cociente existe, aunque sus términos no quepan.",
                    "Here 0/0 or ∞/∞ appears: the quotient exists, though its terms do not fit.",
                )
                if bool((~found.isfinite()).any())
                else Text(
                    "Multiplique cada densidad por la probabilidad de su clase y divida entre el total.",
                    "Multiply each density by the probability of its class and divide by the total.",
                ),
            ),
        )


# --- 5. Likelihood is not typicality -----------------------------------------------------------

q5 = Question("e09.q5", "auroc(normal, odd)", "toy_bits(s)", "score(seen, x)", float64=True)
ENOUGH = 0.9


def pairs(normal: Tensor, odd: Tensor) -> float:
    """The fraction of pairs in which the odd one is higher, ties as half of one."""
    won = [(o > n) + 0.5 * (o == n) for o in odd.tolist() for n in normal.tolist()]
    return sum(won) / len(won)


@q5.step("auroc", "la AUROC", "the AUROC")
def _(auroc, toy_bits, score):
    hints = (
        Text(
            "Está cambiado cuál de los dos debería tener el puntaje más alto.",
            "It is exchanged which of the two should have the higher score.",
        ),
        Text("Los empates valen la mitad, y contó cero.", "Ties count half, and you counted zero."),
        Text(
            "Los empates valen la mitad, y contó uno entero.",
            "Ties count half, and you counted a whole one.",
        ),
        Text("Es una cantidad de pares.", "That is a number of pairs."),
        Text(
            "Se comparan todos los pares: cada puntaje de un grupo con cada uno del otro.",
            "All pairs are compared: each score of one group with each of the other.",
        ),
    )
    for seed in (1, 2):
        normal, odd = integers(9, 40, seed=seed).double(), integers(12, 30, seed=seed + 5).double()
        right = pairs(normal, odd)
        strict = sum(o > n for o in odd.tolist() for n in normal.tolist()) / (40 * 30)
        agrees(
            "AUROC",
            auroc(normal, odd, shape=()),
            right,
            [1 - right, strict, 2 * right - strict, right * 40 * 30],
            hints,
        )


@q5.step("toy", "el caso mínimo", "the smallest case")
def _(auroc, toy_bits, score):
    hints = (
        Text("Son nats.", "Those are nats."),
        Text(
            "Es la entropía de los puntos, como si el modelo los conociera.",
            "That is the entropy of the points, as if the model knew them.",
        ),
        Text("Falta la constante de la normal.", "The constant of the normal is missing."),
        Text("¿Cuánto vale la media del cuadrado?", "What is the mean of the square?"),
        Text(
            "El modelo es la normal estándar; el promedio, sobre los puntos más concentrados.",
            "The model is the standard normal; the average is over the more concentrated points.",
        ),
    )
    for s in (1.0, 0.5, 0.1, 2.0):
        own = Normal(0.0, s).entropy().item()
        right = own + torch.distributions.kl_divergence(Normal(0.0, s), Normal(0.0, 1.0)).item()
        agrees(
            f"bits(s = {s:g})",
            toy_bits(s, shape=()),
            right / LN2,
            [
                right,
                own / LN2,
                (right - math.log(2 * math.pi) / 2) / LN2,
                (math.log(2 * math.pi) + s) / (2 * LN2),
            ],
            hints,
        )


def texture(n: int, seed: int, share: float, size: float) -> Tensor:
    """Images of 8×8 as points of R⁶⁴: white noise and its local means, in the given share."""
    white = gaussian_points(n, 1, 10, 10, seed=seed)
    soft = 3 * torch.nn.functional.avg_pool2d(white, 3, 1)
    mixed = share * white[..., 1:-1, 1:-1] + math.sqrt(1 - share**2) * soft
    return 2 + size * mixed.flatten(1)


@q5.step("detector", "el detector", "the detector")
def _(auroc, toy_bits, score):
    seen, fresh = texture(2000, 90, 0.7, 1.0), texture(400, 91, 0.7, 1.0)
    smooth, rough = texture(400, 92, 0.0, 0.5), texture(400, 93, 1.0, 1.3)
    x = torch.cat([fresh, smooth, rough])
    normal, calm, wild = score(seen, x, shape=(len(x),)).split(400)
    likely = MultivariateNormal(seen.mean(0), seen.T.cov()).log_prob
    paradox = pairs(-likely(fresh), -likely(smooth))
    a, b = pairs(normal, calm), pairs(normal, wild)
    message = Text(
        f"AUROC: {b:.3f} con las imágenes ásperas y {a:.3f} con las lisas; se pide más de {ENOUGH}. "
        f"La log-densidad gaussiana, con signo menos, tiene {paradox:.3f} con las lisas.",
        f"AUROC: {b:.3f} on the rough images and {a:.3f} on the smooth ones; more than {ENOUGH} is "
        f"asked for. Minus the Gaussian log-density has {paradox:.3f} on the smooth ones.",
    )
    need(
        b > ENOUGH,
        message,
        Text(
            "Lo áspero debe tener el puntaje más alto, no el más bajo.",
            "What is rough must have the highest score, not the lowest.",
        )
        if b < 1 - ENOUGH
        else Text(
            "Las imágenes ásperas son las fáciles: hasta la log-densidad las reconoce, si usa la covarianza.",
            "The rough images are the easy ones: even the log-density recognises them, if it uses the covariance.",
        ),
    )
    need(
        a > ENOUGH,
        message,
        Text(
            "Lo liso recibe más densidad que los datos. Un puntaje raro es el que está lejos del "
            "habitual, hacia cualquier lado.",
            "What is smooth gets more density than the data. An odd score is one that is far from "
            "the usual one, on either side.",
        )
        if a < 0.25
        else Text(
            "Reconoce algo y no alcanza: ¿pesan igual los dos lados del puntaje habitual?",
            "It recognises something and not enough: do both sides of the usual score weigh the same?",
        ),
    )
    alone = score(seen, x[380:420], shape=(40,))
    need(
        same(alone, torch.cat([normal[380:], calm[:20]]), 1e-6),
        Text(
            f"Entre {len(alone)} imágenes, el puntaje de cada una no es el que tenía entre {len(x)}.",
            f"Among {len(alone)} images the score of each is not what it was among {len(x)}.",
        ),
        Text(
            "Lo habitual se mide en las imágenes ya vistas, no en las que hay que juzgar.",
            "What is usual is measured on the images seen before, not on those to be judged.",
        ),
    )
