"""Hints of the exercises of chapter 6."""

from nflib.course.check.result import Text

HINTS = {
    "q1": (
        Text(
            "Mueva la figura de «Una capa»: en qué dirección van los puntos y dónde se "
            "separan. La cantidad que importa es wᵀz + b, un número por punto.",
            "Play with the figure of “One layer”: in which direction the points go and where they "
            "spread. The quantity that matters is wᵀz + b, one number a point.",
        ),
        Text(
            "El jacobiano es la identidad más una matriz de rango uno: ¿qué dice el lema del "
            "capítulo 3? Y la pendiente de tanh, ¿qué valores toma, y cuáles solo roza?",
            "The Jacobian is the identity plus a matrix of rank one: what does the lemma of "
            "chapter 3 say? And the slope of tanh, which values does it take, and which does it "
            "only approach?",
        ),
        Text(
            "Calcule primero el tensor `(n,)` que entra en la tangente hiperbólica: de él sale "
            "todo. Compare un determinante con `torch.func.jacrev`, y haga `volume_range` a mano "
            "con c = 1 y con c = −0.5 antes de escribirla.",
            "Compute first the tensor `(n,)` that goes into the hyperbolic tangent: everything "
            "comes from it. Compare one determinant with `torch.func.jacrev`, and do "
            "`volume_range` by hand with c = 1 and with c = −0.5 before writing it.",
        ),
    ),
    "q2": (
        Text(
            "Mire «Cómo se impone la restricción»: dónde está v, dónde debe quedar û y cuál es el "
            "camino más corto. Importa el producto con w, antes y después.",
            "Look at “How the constraint is imposed”: where v is, where û has to be and which is "
            "the shortest way. What matters is the product with w, before and after.",
        ),
        Text(
            "Si û es v más k veces w, ¿qué k hace que el producto con w valga lo pedido? Y en `m`: "
            "¿puede escribirse un número por una exponencial como una sola exponencial?",
            "If û is v plus k times w, which k makes the product with w what is asked for? And in "
            "`m`: can a number times an exponential be written as a single exponential?",
        ),
        Text(
            "Multiplique esa igualdad por wᵀ en papel y despeje k; contrólelo con d = 1 y w = 2. "
            "Para `m`, busque entre las funciones de activación de PyTorch la que es log(1 + eˣ) y "
            "no desborda.",
            "Multiply that equality by wᵀ on paper and solve for k; check it with d = 1 and w = 2. "
            "For `m`, look among PyTorch's activation functions for the one that is log(1 + eˣ) "
            "and does not overflow.",
        ),
    ),
    "q3": (
        Text(
            "Mire «La inversa que la clase no da»: de d incógnitas queda una sola, α. Importan su "
            "ecuación y el intervalo donde está la raíz.",
            "Look at “The inverse that the lecture leaves out”: of d unknowns a single one is "
            "left, α. What matters is its equation and the interval where the root is.",
        ),
        Text(
            "¿Crece el lado izquierdo con α si c > −1? ¿Cuánto puede apartarse α de y, como mucho? "
            "Esas dos respuestas ya dan un método que no falla.",
            "Does the left side increase with α if c > −1? How far from y can α be, at most? Those "
            "two answers already give a method that does not fail.",
        ),
        Text(
            "Resuelva c = 6.655, b = 0, y = 5 con números y vea que el residuo sea 0; luego pase a "
            "tensores, con un intervalo por cada `y`. En `inverse`, α dice cuánto empujó la capa: "
            "solo queda deshacer ese empujón.",
            "Solve c = 6.655, b = 0, y = 5 with numbers and see that the residual is 0; then go on "
            "to tensors, with one interval for each `y`. In `inverse`, α tells how far the layer "
            "pushed: all that is left is to undo that push.",
        ),
    ),
    "q4": (
        Text(
            "Mire «Derivar a través de la inversa»: cómo se mueve la raíz cuando se mueven los "
            "parámetros. Eso es lo que `root_value` no puede decir.",
            "Look at “Differentiating through the inverse”: how the root moves when the parameters "
            "move. That is what `root_value` cannot tell.",
        ),
        Text(
            "La raíz cumple F(α, θ) = 0 para todo θ: ¿qué sale de derivar esa igualdad? ¿Y qué le "
            "hace un paso de Newton, con derivadas, a una raíz que ya es exacta?",
            "The root satisfies F(α, θ) = 0 for every θ: what comes from differentiating that "
            "equality? And what does a Newton step, with derivatives, do to a root that is exact "
            "already?",
        ),
        Text(
            "Termine primero el valor: la raíz, el punto de la base, su log-densidad, el "
            "determinante. Después haga que la α dependa de `theta` sin cambiar de valor, y "
            "compare una sola componente, por ejemplo la de b, con diferencias centradas.",
            "Finish the value first: the root, the point of the base, its log-density, the "
            "determinant. Then make α depend on `theta` without changing its value, and compare a "
            "single component, for example that of b, with central differences.",
        ),
    ),
    "q5": (
        Text(
            "Mire «Varias capas: la figura de la clase, otra vez»: qué pérdida se baja y para qué "
            "se atenúa la energía. Importan dos términos que tiran en sentidos opuestos.",
            "Look at “Several layers: the lecture's figure, again”: which loss is lowered and what "
            "the energy is weakened for. What matters is two terms that pull in opposite "
            "directions.",
        ),
        Text(
            "¿Qué términos de KL(q‖p) dependen de los parámetros? Uno junta las muestras donde la "
            "energía es baja: ¿cuál se opone, y con qué signo entra?",
            "Which terms of KL(q‖p) depend on the parameters? One gathers the samples where the "
            "energy is low: which one opposes it, and with which sign does it enter?",
        ),
        Text(
            "Escriba `loss(z, beta)` con una sola pasada por el flujo y pruébela con dos capas; "
            "dibuje adónde van las muestras y agregue capas. Al final pase el `z` recibido y arme "
            "log q con la base y con lo que esa pasada devuelve.",
            "Write `loss(z, beta)` with one pass through the flow and try it with two layers; draw "
            "where the samples go and add layers. At the end pass the `z` you received and build "
            "log q from the base and from what that pass returns.",
        ),
    ),
}
