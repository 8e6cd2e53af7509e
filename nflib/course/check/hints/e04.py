"""Hints of the exercises of chapter 4."""

from nflib.course.check.result import Text

HINTS = {
    "q1": (
        Text(
            "Mire «Cuatro formas de escribirlo»: dicen lo mismo, pero unas usan f y otras su "
            "inversa. Aquí se recibe la inversa, y eso decide cuál conviene.",
            "Look at “Four ways to write it”: they say the same, but some use f and others its "
            "inverse. Here the inverse is given, and that decides which one suits.",
        ),
        Text(
            "¿Qué le pide el teorema a la base, y qué a la inversa, si se toma el logaritmo de "
            "todo? Recuerde que un volumen no tiene signo y que cada fila tiene su propia matriz.",
            "What does the theorem ask of the base, and what of the inverse, if the logarithm of "
            "everything is taken? Remember that a volume has no sign and that each row has a "
            "matrix of its own.",
        ),
        Text(
            "Pida el jacobiano en un solo punto, `x[0]`, y mire que sea de d × d; luego hágalo en "
            "todas las filas a la vez, hasta tener `(n, d, d)`. De las dos cosas que devuelve "
            "`slogdet` se necesita una.",
            "Ask for the Jacobian at one point, `x[0]`, and see that it is d × d; then do it at "
            "all rows at once, until you have `(n, d, d)`. Of the two things that `slogdet` "
            "returns one is needed.",
        ),
    ),
    "q2": (
        Text(
            "Mire la figura de «Box y Muller: dos gaussianas de dos uniformes»: las columnas del "
            "cuadrado se vuelven anillos. Y antes, «Coordenadas polares»: ahí está la mitad del "
            "determinante.",
            "Look at the figure of “Box and Muller: two Gaussians out of two uniforms”: columns of "
            "the square become rings. And before it, “Polar coordinates”: half of the determinant "
            "is there.",
        ),
        Text(
            "Es una composición de dos pasos: del cuadrado a radio y ángulo, y de allí al plano. "
            "¿Qué se hace con los determinantes de dos pasos? ¿Dónde se ralean los puntos, y "
            "cuánto?",
            "It is a composition of two steps: from the square to radius and angle, and from there "
            "to the plane. What does one do with the determinants of two steps? Where do the "
            "points thin out, and how much?",
        ),
        Text(
            "Compare su determinante con el que da `jacrev` en u = (0.3, 0.7): cerca de −20.9. Para "
            "la densidad, escriba u₁ en términos del radio de `x` y use el determinante de ese u₁: "
            "su tamaño, no su signo.",
            "Compare your determinant with the one that `jacrev` gives at u = (0.3, 0.7): about "
            "−20.9. For the density, write u₁ in terms of the radius of `x` and use the "
            "determinant at that u₁: its size, not its sign.",
        ),
    ),
    "q3": (
        Text(
            "Mire las dos densidades en la figura de «La banana: un determinante que vale uno»: "
            "solo una coincide con los puntos. Importa de dónde viene cada x.",
            "Look at the two densities in the figure of “The banana: a determinant of one”: only "
            "one agrees with the points. What matters is where each x comes from.",
        ),
        Text(
            "Una coordenada queda quieta y la otra se corre tanto como dice la primera. ¿Cómo se "
            "deshace eso, si de x se conocen las dos? ¿Y cambió el área de algo en el camino?",
            "One coordinate stays and the other is shifted by as much as the first one says. "
            "How is that undone, if both are known of x? And did any area change on the way?",
        ),
        Text(
            "Con b = 0.5, lleve z = (2, 0) a su x a mano, y escriba la vuelta hasta recuperar z. "
            "Después junte las dos columnas en puntos de forma `(n, 2)` y páselos a "
            "`normal_density`.",
            "With b = 0.5, carry z = (2, 0) to its x by hand, and write the way back until you "
            "recover z. Then join the two columns into points of shape `(n, 2)` and pass them to "
            "`normal_density`.",
        ),
    ),
    "q4": (
        Text(
            "Mire «El factor de más, otra vez» y la figura de «Tres densidades, una sola "
            "correcta»: cuántas veces entra el determinante en una masa.",
            "Look at “The factor too many, again” and the figure of “Three densities, one of them "
            "right”: how many times the determinant enters a mass.",
        ),
        Text(
            "Al contar: ¿en qué espacio está la caja, y en cuál las muestras? Al integrar: ¿qué "
            "altura tiene la densidad de X en el centro de una celda, y cuánto mide la celda?",
            "To count: in which space is the box, and in which are the samples? To integrate: how "
            "high is the density of X at the centre of a cell, and how large is the cell?",
        ),
        Text(
            "Empiece por `by_samples`, que no usa ninguna densidad y servirá de árbitro. Luego "
            "haga una sola celda: el z que llega a su centro, las pendientes de las dos "
            "coordenadas allí, la altura, la masa. Al final, todas.",
            "Start with `by_samples`, which uses no density and will be the referee. Then do a "
            "single cell: the z that arrives at its centre, the slopes of both coordinates there, "
            "the height, the mass. At the end, all of them.",
        ),
    ),
    "q5": (
        Text(
            "Mire «Un contador de preimágenes», con la misma familia de tanh. Lo que se promedia "
            "es un peso por muestra, y el peso es la expresión entre corchetes del enunciado.",
            "Look at “A counter of pre-images”, with the same family of tanh. What is averaged is "
            "one weight a sample, and the weight is the expression in brackets in the statement.",
        ),
        Text(
            "En cada z se miden tres cosas: la densidad adonde llega, la densidad de donde sale y "
            "cuánto estira f. ¿Cuál de las tres puede salir negativa, y qué significaría al "
            "contar?",
            "At each z three things are measured: the density where it arrives, the density where "
            "it leaves, and how much f stretches. Which of the three may come out negative, and "
            "what would that mean when counting?",
        ),
        Text(
            "Derive f en papel y controle su derivada en z = 0, donde debe dar 1 más c. Después "
            "escriba el peso de una muestra: en el cociente de las dos gaussianas la constante se "
            "cancela y queda una sola exponencial.",
            "Differentiate f on paper and check its derivative at z = 0, where it must give 1 plus "
            "c. Then write the weight of one sample: in the ratio of the two Gaussians the "
            "constant cancels and a single exponential remains.",
        ),
    ),
}
