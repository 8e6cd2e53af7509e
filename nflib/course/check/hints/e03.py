"""Hints of the exercises of chapter 3."""

from nflib.course.check.result import Text

HINTS = {
    "q1": (
        Text(
            "Mire «Las columnas son las imágenes de los ejes» y la figura del cuadrado: siga con "
            "el dedo los cuatro vértices, antes y después de A, en el mismo orden.",
            "Look at “The columns are the images of the axes” and the figure of the square: follow "
            "the four corners with a finger, before and after A, in the same order.",
        ),
        Text(
            "Los puntos están en filas: ¿cómo se escribe A por z cuando z es una fila? Y en el "
            "cordón cada vértice necesita al que le sigue: ¿cuál le sigue al último?",
            "The points are rows: how does one write A times z when z is a row? And in the "
            "shoelace each vertex needs the one after it: which comes after the last?",
        ),
        Text(
            "Pruebe `area` a mano con el cuadrado unidad, en un sentido y en el otro: las dos veces "
            "debe dar 1. Para tener juntos cada vértice y el siguiente, busque qué hace "
            "`torch.roll` y sobre qué dimensión lo necesita.",
            "Try `area` by hand with the unit square, in one direction and in the other: both "
            "times it must give 1. To have each vertex and the next together, look up what "
            "`torch.roll` does and on which dimension you need it.",
        ),
    ),
    "q2": (
        Text(
            "Mire «La densidad de una imagen lineal». Importan dos cosas: de qué z viene x, y por "
            "cuánto multiplica A todas las áreas.",
            "Look at “The density of a linear image”. Two things matter: from which z x comes, and "
            "by how much A multiplies all areas.",
        ),
        Text(
            "Si la misma masa se reparte en un área 2.5 veces mayor, ¿qué altura le queda? ¿Y "
            "cambia la respuesta si A da vuelta el plano como una hoja?",
            "If the same mass is spread over an area 2.5 times as large, what height is left? And "
            "does the answer change if A turns the plane over like a sheet?",
        ),
        Text(
            "Tome z = (1, 0), llévelo a x con una A que no sea simétrica y escriba la línea que "
            "devuelve las filas de `x` a z. Cuando recupere (1, 0), falta un solo factor, fuera de "
            "`base_density`.",
            "Take z = (1, 0), carry it to x with an A that is not symmetric and write the line "
            "that takes the rows of `x` back to z. Once you recover (1, 0), a single factor is "
            "missing, outside `base_density`.",
        ),
    ),
    "q3": (
        Text(
            "Mire «Un experimento que sorprende: el determinante desborda» y, a continuación, «Con "
            "eliminación»: qué número se arruina y cuál nunca corre peligro.",
            "Look at “An experiment that surprises: the determinant overflows” and, after it, “By "
            "elimination”: which number is ruined and which is never in danger.",
        ),
        Text(
            "¿En qué matrices se lee el determinante sin hacer cuentas? Piense qué factorización "
            "deja una de esas, y si el otro factor cambia los volúmenes.",
            "In which matrices can the determinant be read without computing? Think of which "
            "factorisation leaves one of those, and whether the other factor changes volumes.",
        ),
        Text(
            "Factorice una matriz de 3×3, imprima los factores y encuentre en ellos el valor de "
            "`torch.linalg.det`, salvo el signo. Después llegue a su logaritmo sin multiplicar "
            "nunca los números que encontró.",
            "Factorise a 3×3 matrix, print the factors and find in them the value of "
            "`torch.linalg.det`, up to its sign. Then arrive at its logarithm without ever "
            "multiplying the numbers that you found.",
        ),
    ),
    "q4": (
        Text(
            "Mire «El lema del determinante»: la igualdad que cambia un determinante de d × d por "
            "un solo número. Aquí hay además una s.",
            "Look at “The matrix determinant lemma”: the equality that trades a d × d determinant "
            "for a single number. Here there is an s as well.",
        ),
        Text(
            "El lema habla de I más un producto a bᵀ. ¿Qué a y qué b lo vuelven el del enunciado? "
            "Y el número que sale, ¿de qué lado del 0 puede caer?",
            "The lemma is about I plus a product a bᵀ. Which a and which b make it that of the "
            "statement? And the number that comes out, on which side of 0 may it fall?",
        ),
        Text(
            "Haga una sola terna con d = 2 y compare con `torch.linalg.det` de la matriz escrita a "
            "mano. Después haga las n a la vez, fila por fila: en el camino no debe aparecer más "
            "que `(n, d)` y `(n,)`.",
            "Do a single triple with d = 2 and compare with `torch.linalg.det` of the matrix "
            "written by hand. Then do all n at once, row by row: on the way only `(n, d)` and "
            "`(n,)` should appear.",
        ),
    ),
}
