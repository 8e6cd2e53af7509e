"""Hints of the exercises of chapter 8."""

from nflib.course.check.result import Text

HINTS = {
    "q1": (
        Text(
            "Mire «Un molde, dos decisiones» y «RealNVP: estirar»: qué coordenadas ve la red y "
            "cuáles se mueven. Importa qué se conoce en cada sentido.",
            "Look at “One mould, two decisions” and “RealNVP: stretching”: which coordinates the "
            "network sees and which move. What matters is what is known in each direction.",
        ),
        Text(
            "Las coordenadas de A llegan intactas: ¿qué se puede calcular entonces al volver, sin "
            "conocer z? ¿Y qué forma tiene el jacobiano si se escribe A antes que B?",
            "The coordinates of A arrive untouched: what can then be computed on the way back, "
            "without knowing z? And which form has the Jacobian if A is written before B?",
        ),
        Text(
            "Haga a mano d = 2 con máscara (1, 0): lo que ve la red, el x₂ que sale y el z₂ que se "
            "despeja. En código, ponga en cero lo que la red no debe ver y elija qué coordenadas "
            "cambian con `torch.where`.",
            "Do d = 2 with mask (1, 0) by hand: what the network sees, the x₂ that comes out and "
            "the z₂ that one solves for. In code, set to zero what the network must not see and "
            "choose which coordinates change with `torch.where`.",
        ),
    ),
    "q2": (
        Text(
            "Mire «MAF: las máscaras de MADE»: cada unidad tiene un grado y cada peso une dos "
            "cosas con lugar. Importa hasta dónde ve cada unidad.",
            "Look at “MAF: the masks of MADE”: each unit has a degree and each weight joins two "
            "things with a place. What matters is how far each unit sees.",
        ),
        Text(
            "Tome una unidad de grado 2 y d = 4: ¿qué salidas pueden usarla sin verse a sí mismas? "
            "¿Y qué grados no le servirían a ninguna salida, o no verían nada?",
            "Take a unit of degree 2 and d = 4: which outputs may use it without seeing "
            "themselves? And which degrees would serve no output, or see nothing?",
        ),
        Text(
            "Con d = 3 y h = 4, escriba a mano los grados y las dos tablas de ceros y unos, y siga "
            "con el dedo algún camino. Cada tabla es una comparación entre una columna y una fila: "
            "`[:, None]` hace la columna.",
            "With d = 3 and h = 4, write by hand the degrees and both tables of zeros and ones, "
            "and follow some path with a finger. Each table is a comparison of a column with a "
            "row: `[:, None]` makes the column.",
        ),
    ),
    "q3": (
        Text(
            "Mire «MAF: las máscaras de MADE» y, en el capítulo 7, «El precio de cada dirección». "
            "Importa qué se conoce al empezar: todo x, o solo z.",
            "Look at “MAF: the masks of MADE” and, in chapter 7, “The price of each direction”. "
            "What matters is what is known at the start: all of x, or only z.",
        ),
        Text(
            "Al evaluar: ¿cómo se despeja cada zᵢ, y qué diagonal tiene el jacobiano de x a z? Al "
            "simular: ¿qué columna de `m` y `s` es correcta antes de conocer ningún x?",
            "To evaluate: how does one solve for each zᵢ, and which diagonal has the Jacobian from "
            "x to z? To sample: which column of `m` and `s` is right before any x is known?",
        ),
        Text(
            "Haga `sample` a mano con d = 2, empezando en ceros: ¿qué columna queda bien tras la "
            "primera llamada, y cuál tras la segunda? En la densidad, calcule el z de cada "
            "coordenada y sume el logaritmo de su gaussiana y el de la escala.",
            "Do `sample` by hand with d = 2, starting from zeros: which column is right after the "
            "first call, and which after the second? In the density, compute the z of each "
            "coordinate and add up the logarithm of its Gaussian and that of the scale.",
        ),
    ),
    "q4": (
        Text(
            "Mire «Splines: doblar» y, para la inversa, «La fórmula de la escuela falla en la "
            "identidad». Importan ξ, que va de 0 a 1, y la pendiente media.",
            "Look at “Splines: bending” and, for the inverse, “The schoolbook formula fails at "
            "the identity”. What matters is ξ, which goes from 0 to 1, and the mean slope.",
        ),
        Text(
            "Sin el denominador, y = g(x) es una ecuación cuadrática en ξ: ¿qué pasa con su primer "
            "coeficiente si el tramo es recto? Y en la pendiente, ¿cuánto cambia ξ cuando cambia "
            "x?",
            "Without the denominator, y = g(x) is a quadratic equation in ξ: what happens to its "
            "first coefficient if the bin is straight? And in the slope, how much does ξ change "
            "when x changes?",
        ),
        Text(
            "Escriba los tres coeficientes en papel. Con w = 2, h = 1 y pendientes 0.5 el tramo "
            "es recto: vea cuál se anula y use la forma de la raíz que lo resiste. Controle con "
            "`spline` de lo que dé `inverse`, y `slope` con diferencias.",
            "Write the three coefficients on paper. With w = 2, h = 1 and slopes 0.5 the bin is "
            "straight: see which vanishes and use the form of the root that survives it. Check "
            "with `spline` of what `inverse` gives, and `slope` with differences.",
        ),
    ),
    "q5": (
        Text(
            "Para el límite, mire «NICE: trasladar, y lo que no se puede»; para el flujo, "
            "«Comparación en el plano»: qué capas usa cada modelo y cuánto pierde.",
            "For the limit, look at “NICE: shifting, and what it cannot do”; for the flow, "
            "“Comparison in the plane”: which layers each model uses and how much it loses.",
        ),
        Text(
            "Con det S = 1, ¿qué término de la fórmula queda por elegir, y cuándo es menor una "
            "suma de números positivos de producto fijo? En el flujo, ¿qué marginal deja una "
            "coordenada que no se mueve nunca?",
            "With det S = 1, which term of the formula is left to choose, and when is a sum of "
            "positive numbers of fixed product least? In the flow, which marginal does a "
            "coordinate leave that never moves?",
        ),
        Text(
            "Resuelva Σ = diag(4, 1) con S = diag(a, 1/a): con la mejor a se pierden unos 0.307 "
            "nats. En `learn`, empiece con dos acoplamientos que se alternen y una capa que "
            "normalice los datos; mida en datos apartados y cambie una cosa por vez.",
            "Solve Σ = diag(4, 1) with S = diag(a, 1/a): with the best a some 0.307 nats are "
            "lost. In `learn`, start with two couplings that take turns and a layer that "
            "normalises the data; measure on data set apart and change one thing at a time.",
        ),
    ),
}
