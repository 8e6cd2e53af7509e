"""Hints of the exercises of chapter 9."""

from nflib.course.check.result import Text

HINTS = {
    "q1": (
        Text(
            "Mire «Bits por dimensión, bien contados» y «Del cubo a todo el espacio»: hay tres "
            "espacios, el de los niveles, el cubo y el de w. Importa en cuál vive cada densidad.",
            "Look at “Bits per dimension, counted right” and “From the cube to the whole space”: "
            "there are three spaces, that of the levels, the cube and that of w. What matters is "
            "in which each density lives.",
        ),
        Text(
            "¿En qué orden se deshacen los tres pasos, y qué nivel les toca a todos los y de una "
            "misma celda? Para los bits: ¿qué derivada, por píxel, lleva la densidad de w a la de "
            "y?",
            "In which order are the three steps undone, and which level belongs to all the y of "
            "one cell? For the bits: which derivative, for each pixel, takes the density of w to "
            "that of y?",
        ),
        Text(
            "Haga un píxel a mano, v = 3, u = 0.5, Q = 17, ida y vuelta. Para los bits, mida dw/dy "
            "por diferencias en ese punto y compárela con su fórmula; solo después cambie de "
            "logaritmo y reparta entre los píxeles.",
            "Do one pixel by hand, v = 3, u = 0.5, Q = 17, there and back. For the bits, measure "
            "dw/dy by differences at that point and compare it with your formula; only then "
            "change the logarithm and share it out among the pixels.",
        ),
    ),
    "q2": (
        Text(
            "Mire las referencias de «Bits por dimensión, bien contados»: una es esta. Importa una "
            "tabla de cuentas, con un renglón por nivel y una columna por píxel.",
            "Look at the references of “Bits per dimension, counted right”: one is this. What "
            "matters is a table of counts, with one row a level and one column a pixel.",
        ),
        Text(
            "Con Q = 4 y diez imágenes, un nivel salió tres veces en un píxel: ¿qué probabilidad "
            "tiene, una vez corregidas las cuatro cuentas? ¿Y el que no salió nunca?",
            "With Q = 4 and ten images, a level came up three times at a pixel: what is its "
            "probability once the four counts are corrected? And that of one that never came up?",
        ),
        Text(
            "Arme la tabla con un bucle sobre los niveles, corríjala y normalice cada columna. "
            "Después, para cada píxel de prueba, busque el renglón de su nivel (`gather` lo hace "
            "de una vez), páselo a bits y promedie.",
            "Build the table with a loop over the levels, correct it and normalise each column. "
            "Then, for each test pixel, look up the row of its level (`gather` does it in one go), "
            "turn it into bits and average.",
        ),
    ),
    "q3": (
        Text(
            "Mire la figura de «Un flujo de verdad, y la entropía como detector de mentiras»: bits "
            "con ruido y sin ruido. Importa qué puntos se le muestran al flujo.",
            "Look at the figure of “A real flow, and the entropy as a lie detector”: bits with "
            "noise and without. What matters is which points the flow is shown.",
        ),
        Text(
            "Si cada nivel cae siempre en el mismo punto, ¿qué le conviene a una densidad hacer "
            "allí? ¿Qué cambia si el punto se sortea otra vez en cada paso?",
            "If each level always falls on the same point, what does it pay a density to do there? "
            "What changes if the point is drawn again at every step?",
        ),
        Text(
            "Ponga dos acoplamientos de spline que se alternen y `LogitPreprocessing` al final; "
            "`prepare` es una función de filas y generador. Entrene poco, mida los bits con ruido "
            "nuevo y agrande de a una cosa: tramos, ancho, pasos.",
            "Put two spline couplings that take turns and `LogitPreprocessing` at the end; "
            "`prepare` is a function of rows and generator. Train a little, measure the bits with "
            "fresh noise and enlarge one thing at a time: bins, width, steps.",
        ),
    ),
    "q4": (
        Text(
            "Mire «Un flujo por clase, y un clasificador sin entrenar». La tabla tiene una fila "
            "por imagen y una columna por clase: importa sobre cuál se suma cada vez.",
            "Look at “A flow for each class, and a classifier without training”. The table has one "
            "row an image and one column a class: what matters is over which one sums each time.",
        ),
        Text(
            "Cada clase es el flujo afín del capítulo 5: ¿qué z le toca a w, y cuánto estira Lₖ? "
            "Al mezclar, ¿cómo se suman densidades si solo caben sus logaritmos?",
            "Each class is the affine flow of chapter 5: which z belongs to w, and how much does "
            "Lₖ stretch? When mixing, how are densities added if only their logarithms fit?",
        ),
        Text(
            "Haga una sola clase y compárela con `torch.distributions.MultivariateNormal`; luego "
            "el bucle. Para el resto, PyTorch tiene dos funciones que restan el máximo antes de "
            "exponenciar: piense qué tabla darles, para que πₖ también cuente.",
            "Do a single class and compare it with `torch.distributions.MultivariateNormal`; then "
            "the loop. For the rest, PyTorch has two functions that subtract the maximum before "
            "exponentiating: think of which table to give them, so that πₖ counts too.",
        ),
    ),
    "q5": (
        Text(
            "Mire «Un experimento que sorprende: lo ajeno puede ser más probable» y «Por qué: "
            "densidad no es tipicidad»: los datos están en una cáscara, no en el centro.",
            "Look at “An experiment that surprises: the foreign can be more probable” and “Why: "
            "density is not typicality”: the data are on a shell, not at the centre.",
        ),
        Text(
            "¿Cuánto vale, en promedio, el cuadrado de cada coordenada de X, y cuánto le cuesta "
            "al modelo? Para el puntaje: ¿qué distancia es la típica, y por qué es raro también "
            "un punto demasiado cercano al centro?",
            "What is the square of each coordinate of X on average, and what does it cost the "
            "model? For the score: which distance is the typical one, and why is a point too "
            "close to the centre odd as well?",
        ),
        Text(
            "Haga `auroc` a mano con dos listas de tres puntajes y un empate. Para `score`, elija "
            "una distancia que conozca la media y la covarianza de `seen` y dibuje su histograma; "
            "`seen` encogido a la mitad puede hacer de liso.",
            "Do `auroc` by hand with two lists of three scores and one tie. For `score`, choose a "
            "distance that knows the mean and the covariance of `seen` and draw its histogram; "
            "`seen` shrunk by half can stand in for smooth ones.",
        ),
    ),
}
