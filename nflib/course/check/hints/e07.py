"""Hints of the exercises of chapter 7."""

from nflib.course.check.result import Text

HINTS = {
    "q1": (
        Text(
            "Mire «El determinante de una función triangular» y «Sumar logaritmos, no "
            "multiplicar»: qué entradas de la matriz participan y qué se hace con ellas.",
            "Look at “The determinant of a triangular function” and “Add logarithms, do not "
            "multiply”: which entries of the matrix take part and what is done with them.",
        ),
        Text(
            "El número 0.4²⁰⁰⁰ no existe para la máquina; su logaritmo, cerca de −1833, sí. ¿Cómo "
            "se llega a él sin pasar por el producto? ¿Y cuántas de las d² entradas hay que leer?",
            "The number 0.4²⁰⁰⁰ does not exist for the machine; its logarithm, about −1833, does. "
            "How does one get to it without passing through the product? And how many of the d² "
            "entries must be read?",
        ),
        Text(
            "En una sola matriz triangular de 3×3, con algún negativo, haga la cuenta a mano y "
            "compare con `torch.linalg.slogdet`. Después busque el método que lee esos números "
            "en todas las matrices a la vez: necesita saber qué dos dimensiones forman la matriz.",
            "On a single triangular 3×3 matrix, with some negative entry, do it by hand and "
            "compare with `torch.linalg.slogdet`. Then look for the method that reads those "
            "numbers in all matrices at once: it must know which two dimensions make the matrix.",
        ),
    ),
    "q2": (
        Text(
            "Mire «De la dependencia a los modelos autorregresivos», donde aparece el caso lineal. "
            "Lo que importa es una raíz de Σ, y su forma.",
            "Look at “From dependence to autoregressive models”, where the linear case appears. "
            "What matters is a root of Σ, and its form.",
        ),
        Text(
            "Si x es m más A por z, ¿qué covarianza tiene x? Muchas A dan la misma: de las "
            "factorizaciones que ofrece el enunciado, ¿cuál deja ceros arriba de la diagonal?",
            "If x is m plus A times z, what is the covariance of x? Many A give the same: of the "
            "factorisations that the statement offers, which leaves zeros above the diagonal?",
        ),
        Text(
            "Empiece con d = 1 y varianza 4: ¿por cuánto se multiplica z? Con d = 2, imprima el "
            "factor elegido y vea que, por su traspuesta, devuelve Σ. Recuerde que `z` trae los "
            "puntos en filas; el determinante se lee en ese factor.",
            "Start with d = 1 and variance 4: by how much is z multiplied? With d = 2, print the "
            "factor you chose and see that, times its transpose, it gives Σ back. Remember that "
            "`z` has the points as rows; the determinant is read off that factor.",
        ),
    ),
    "q3": (
        Text(
            "Mire «El precio de cada dirección»: por qué la inversa va coordenada por coordenada. "
            "Importan el orden de lectura y el intervalo en el que se busca cada una.",
            "Look at “The price of each direction”: why the inverse goes coordinate by coordinate. "
            "What matters is the order of reading and the interval in which each is searched.",
        ),
        Text(
            "¿Cuántas incógnitas hay en la primera ecuación? Y cuando esa ya se sabe, ¿cuántas "
            "quedan en la segunda? Cada una es la de una función creciente de la recta, como en el "
            "capítulo 2.",
            "How many unknowns are there in the first equation? And once that one is known, how "
            "many are left in the second? Each is that of an increasing function of the line, as "
            "in chapter 2.",
        ),
        Text(
            "Escriba primero el caso d = 1, entre −50 y 50, con un intervalo por cada punto. "
            "Después repítalo para cada coordenada de `order`, guardando lo hallado en un tensor "
            "`(n, d)`, que es lo que `f` recibe.",
            "Write the case d = 1 first, between −50 and 50, with one interval for each point. "
            "Then repeat it for each coordinate of `order`, keeping what was found in a tensor "
            "`(n, d)`, which is what `f` receives.",
        ),
    ),
    "q4": (
        Text(
            "Mire «Toda densidad regular se alcanza: Knothe–Rosenblatt»: la receta, coordenada por "
            "coordenada. Lo que importa en cada una es una igualdad entre dos probabilidades.",
            "Look at “Every regular density can be reached: Knothe–Rosenblatt”: the recipe, coordinate by "
            "coordinate. What matters in each is an equality between two probabilities.",
        ),
        Text(
            "¿Qué función lleva un número gaussiano a uno logístico? Si ya la tiene, la segunda "
            "coordenada es otro de esos números, corrido y ensanchado: ¿según qué valor?",
            "Which function takes a Gaussian number to a logistic one? Once you have it, the "
            "second coordinate is another such number, shifted and widened: by which value?",
        ),
        Text(
            "Escriba esa función de la recta sin restar de 1: en z = 9 debe dar unos 43.6. El "
            "determinante suma los logaritmos de las dos pendientes ∂xᵢ/∂zᵢ, que puede medir por "
            "diferencias; la inversa empieza por la primera coordenada.",
            "Write that function of the line without subtracting from 1: at z = 9 it must give "
            "about 43.6. The determinant adds the logarithms of the two slopes ∂xᵢ/∂zᵢ, which you "
            "can measure by differences; the inverse starts with the first coordinate.",
        ),
    ),
    "q5": (
        Text(
            "Para el ancho, importa la entropía cruzada contra una gaussiana de ancho s. Para el "
            "orden, mire «Un experimento: el orden decide, y la permutación repara»: qué ley "
            "castiga a qué orden.",
            "For the width, what matters is the cross entropy against a Gaussian of width s. For "
            "the order, look at “An experiment: the order decides, and the permutation repairs”: "
            "which law punishes which order.",
        ),
        Text(
            "Un error se paga con su cuadrado dividido entre s²: ¿qué promedio fija el mejor s? Y "
            "para el otro orden: conocido x₂, ¿qué forma de la ley de X₁ no puede imitar ninguna "
            "gaussiana?",
            "An error is paid for by its square over s²: which average fixes the best s? And for "
            "the other order: given x₂, which form of the law of X₁ can no Gaussian imitate?",
        ),
        Text(
            "Halle el mejor s, reste la entropía y use E[exp(kX)] = exp(k²/2). Para la ley, dibuje "
            "una curva angosta que una recta horizontal corte más de una vez, con cortes bien "
            "separados, y afínela hasta perder 2 nats.",
            "Find the best s, subtract the entropy and use E[exp(kX)] = exp(k²/2). For the law, "
            "draw a narrow curve that a horizontal line cuts more than once, with cuts well "
            "apart, and make it thinner until 2 nats are lost.",
        ),
    ),
}
