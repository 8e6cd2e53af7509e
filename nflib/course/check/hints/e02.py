"""Hints of the exercises of chapter 2."""

from nflib.course.check.result import Text

HINTS = {
    "q1": (
        Text(
            "Mire la primera figura de «Ejemplo 1: una recta». De ella se leen el intervalo en "
            "el que vive X y la altura de su densidad, antes de cualquier fórmula.",
            "Look at the first figure of “Example 1: a straight line”. From it one reads the "
            "interval in which X lives and the height of its density, before any formula.",
        ),
        Text(
            "De z a x primero se duplica y después se suma: piense qué se deshace antes al volver. "
            "La pendiente de esa vuelta dice cuánto se encoge cada tramo.",
            "From z to x one first doubles and then adds: think of what is undone first on the way "
            "back. The slope of that way back tells how much each piece shrinks.",
        ),
        Text(
            "Haga una tabla con z = 0, 0.5 y 1 y sus x. `h` es la recta que la lee de derecha a "
            "izquierda, y `h_prime`, su pendiente, con la forma de `x`. Después arme la densidad "
            "del teorema con esas dos funciones.",
            "Make a table of z = 0, 0.5 and 1 and their x. `h` is the straight line that reads it "
            "from right to left, and `h_prime` its slope, in the shape of `x`. Then build the "
            "density of the theorem with those two functions.",
        ),
    ),
    "q2": (
        Text(
            "Mire la figura de «Ejemplo 2: la exponencial»: seis intervalos de igual masa que se "
            "ensanchan cada vez más. Importan hasta dónde llega X y cuánto se estira cada lugar.",
            "Look at the figure of “Example 2: the exponential”: six intervals of equal mass that "
            "get wider and wider. What matters is how far X reaches and how much each place is "
            "stretched.",
        ),
        Text(
            "El estiramiento ya no es un solo número. ¿De qué z viene un x dado, y cuánto vale en "
            "ese z la pendiente de f, dicha en términos de x?",
            "The stretch is no longer a single number. From which z does a given x come, and what "
            "is the slope of f at that z, said in terms of x?",
        ),
        Text(
            "Escriba la inversa en una línea y pásela a `uniform_density`, que ya pone los ceros; "
            "luego corrija la altura con el estiramiento de ese lugar. Pruebe con un `x` negativo "
            "y con uno enorme.",
            "Write the inverse in one line and pass it to `uniform_density`, which already puts "
            "the zeros; then correct the height by the stretch of that place. Try a negative `x` "
            "and a huge one.",
        ),
    ),
    "q3": (
        Text(
            "Mire la figura de «Ejemplo 3: una función decreciente»: qué se invierte en ella y qué "
            "no. La cantidad que importa es la derivada de la inversa.",
            "Look at the figure of “Example 3: a decreasing function”: what is reversed in it and "
            "what is not. The quantity that matters is the derivative of the inverse.",
        ),
        Text(
            "Dibuje x como función de u y marque dos intervalos de igual largo en u. ¿Cuál queda "
            "más largo en x, y cómo cambian los dos si λ se duplica? Un largo no tiene signo.",
            "Draw x as a function of u and mark two intervals of equal length in u. Which becomes "
            "longer in x, and how do both change if λ is doubled? A length has no sign.",
        ),
        Text(
            "Haga todo con números: λ = 2 y x = 0.5; el u del que viene, la pendiente de la "
            "inversa allí y la densidad. Solo entonces ponga `rate` donde estaba el 2, y deje que "
            "`uniform_density` se ocupe del soporte.",
            "Do it all in numbers: λ = 2 and x = 0.5; the u that it comes from, the slope of the "
            "inverse there, and the density. Only then put `rate` where the 2 was, and let "
            "`uniform_density` take care of the support.",
        ),
    ),
    "q4": (
        Text(
            "Mire la figura de «Dos ramas: el cuadrado»: a una sola franja de x llegan dos tramos "
            "de z. Lo que importa es la masa de cada tramo.",
            "Look at the figure of “Two branches: the square”: two stretches of z arrive in a "
            "single strip of x. What matters is the mass of each stretch.",
        ),
        Text(
            "El teorema no vale para el cuadrado entero, pero sí en cada mitad de la recta. ¿Qué "
            "densidad da cada mitad, y cómo se combinan dos masas que llegan al mismo lugar?",
            "The theorem does not hold for the whole square, but it does on each half of the line. "
            "Which density does each half give, and how do two masses combine that arrive at the "
            "same place?",
        ),
        Text(
            "Haga la cuenta completa en x = 9: los z de los que viene, la densidad de Z en ellos y "
            "cuánto estira f allí. En código, empiece con un tensor de ceros y complete solo las "
            "entradas en las que hay raíz.",
            "Do the whole computation at x = 9: the z that it comes from, the density of Z at them "
            "and how much f stretches there. In code, start with a tensor of zeros and fill in "
            "only the entries where there is a root.",
        ),
    ),
    "q5": (
        Text(
            "La sección «Una transformación para cualquier ley» dice para qué sirve esta inversa. "
            "Aquí importan tres números: dos extremos que encierran a x y el valor de F en el "
            "medio.",
            "The section “One transformation for any law” says what this inverse is for. Here "
            "three numbers matter: two ends that enclose x and the value of F in the middle.",
        ),
        Text(
            "F crece: si en el medio se pasó de u, ¿de qué lado está x? ¿Y cuántas mitades hacen "
            "falta para ir del largo inicial hasta 10⁻⁹?",
            "F increases: if in the middle it has gone past u, on which side is x? And how many "
            "halvings does it take from the initial length to 10⁻⁹?",
        ),
        Text(
            "Resuelva un solo u, por ejemplo 0.3, con un bucle que imprima los extremos. Después "
            "haga tensores de los dos extremos, con una entrada por cada `u` y muy lejos de "
            "ambas montañas; en cada paso cambia uno u otro.",
            "Solve for a single u, for example 0.3, with a loop that prints the ends. Then make "
            "tensors of both ends, with one entry for each `u` and far away from both mountains; "
            "at each step one or the other changes.",
        ),
    ),
}
