"""Hints of the exercises of chapter 1."""

from nflib.course.check.result import Text

HINTS = {
    "q1": (
        Text(
            "Mire la sección «Un teorema y un modelo»: la regla de la cadena y el proceso AR(1). "
            "Lo que importa es cuántos factores hay y de qué depende cada uno.",
            "Look at the section “A theorem and a model”: the chain rule and the AR(1) process. "
            "What matters is how many factors there are and on what each depends.",
        ),
        Text(
            "¿Qué media y qué varianza tiene cada factor, y qué le hace el logaritmo a un "
            "producto? Al evaluar ya se conocen todos los valores: nada obliga a ir de a uno.",
            "Which mean and which variance has each factor, and what does the logarithm do to a "
            "product? To evaluate, all values are known: nothing forces you to go one by one.",
        ),
        Text(
            "Escriba en papel los tres términos del caso d = 3. Después corte de `x` dos tramos, "
            "el de los valores que condicionan y el de los condicionados, y use "
            "`normal_log_density` con ellos; el primer factor va aparte.",
            "Write the three terms of the case d = 3 on paper. Then cut two pieces out of `x`, "
            "the values that condition and those conditioned, and use `normal_log_density` with "
            "them; the first factor goes apart.",
        ),
    ),
    "q2": (
        Text(
            "La pregunta 1 da la ley de cada variable cuando se conoce la anterior, y la figura "
            "de «Los costos, medidos» muestra un muestreo así. Mire qué hace falta tener antes de "
            "cada paso.",
            "Question 1 gives the law of each variable once the one before is known, and the "
            "figure of “The costs, measured” shows such a sampling. Look at what must be there "
            "before each step.",
        ),
        Text(
            "Un valor de N(m, v) sale de un ruido N(0, 1) por una función afín: ¿con qué pendiente "
            "y qué ordenada? ¿Y de dónde se saca m mientras se está muestreando?",
            "A value of N(m, v) comes from noise N(0, 1) by an affine map: with which slope and "
            "which intercept? And where does m come from while one is sampling?",
        ),
        Text(
            "Haga primero d = 2: la columna inicial es puro ruido; la segunda combina la inicial "
            "con ruido nuevo. Si las varianzas dan 1, repita ese paso en un bucle que llene las "
            "columnas en orden.",
            "Do d = 2 first: the initial column is pure noise; the second combines the initial one "
            "with new noise. If the variances come out as 1, repeat that step in a loop that fills "
            "the columns in order.",
        ),
    ),
    "q3": (
        Text(
            "Mire una sola campana, N(xₙ, h²I), que vive en el plano y no en la recta. La cantidad "
            "que importa es su altura en el centro.",
            "Look at one bump only, N(xₙ, h²I), which lives in the plane and not on the line. The "
            "quantity that matters is its height at the centre.",
        ),
        Text(
            "La campana del plano es el producto de dos campanas de la recta, cada una de "
            "desviación h. ¿Cuánto mide cada una en su centro? ¿Y si h baja a la mitad?",
            "The bump of the plane is the product of two bumps of the line, each of standard "
            "deviation h. How high is each at its centre? And if h is halved?",
        ),
        Text(
            "Escriba la campana de un dato en un punto: distancia al cuadrado, exponencial, "
            "altura. Luego haga todas a la vez con las diferencias, de forma `(n, N, 2)`, y decida "
            "qué dimensión se suma y cuál se promedia.",
            "Write the bump of one datum at one point: squared distance, exponential, height. "
            "Then do all at once with the differences, of shape `(n, N, 2)`, and decide which "
            "dimension is summed and which averaged.",
        ),
    ),
    "q4": (
        Text(
            "En «Un experimento que sorprende: anomalías» se calculan dos umbrales y uno engaña. "
            "Fíjese con qué datos se hizo cada uno.",
            "In “An experiment that surprises: anomalies” two thresholds are computed and one of "
            "them misleads. Notice from which data each was made.",
        ),
        Text(
            "La tasa habla de puntos que llegarán después. De los dos conjuntos que recibe, ¿cuál "
            "ve el modelo como verá a esos puntos?",
            "The rate speaks of points that will come later. Of the two sets that you receive, "
            "which one does the model see as it will see those points?",
        ),
        Text(
            "Imagine 100 log-densidades en fila, de menor a mayor, y una tasa de 0.05: ¿dónde va "
            "el corte? Escriba la posición para cualquier cantidad y cualquier `rate`; debe ser un "
            "índice entero, o un cuantil.",
            "Imagine 100 log-densities in a row, from least to greatest, and a rate of 0.05: where "
            "does the cut go? Write its position for any number of them and any `rate`; it must be "
            "a whole index, or a quantile.",
        ),
    ),
}
