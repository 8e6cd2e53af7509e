"""Hints of the exercises of chapter 5."""

from nflib.course.check.result import Text

HINTS = {
    "q1": (
        Text(
            "Mire la figura de «El modelo», con las dos direcciones de un flujo: en una se simula "
            "y en la otra se evalúa. La densidad recorre una sola de ellas.",
            "Look at the figure of “The model”, with the two directions of a flow: one samples, "
            "the other evaluates. The density runs through one of them only.",
        ),
        Text(
            "Piense en ponerse medias y zapatos: ¿qué se saca primero? Y según «Componer: la suma "
            "telescópica», ¿qué se hace con los logaritmos que van entregando las capas?",
            "Think of putting on socks and shoes: which comes off first? And by “Composing: the "
            "telescoping sum”, what is done with the logarithms that the layers hand over?",
        ),
        Text(
            "Escriba los dos caminos con dos capas y sin bucle, guardando el par que devuelve cada "
            "una. Luego vuélvalos bucles; en la densidad, lleve además una cuenta, y evalúe la "
            "base al final del camino.",
            "Write both ways with two layers and no loop, keeping the pair that each returns. Then "
            "turn them into loops; in the density, keep a running total as well, and evaluate the "
            "base at the end of the way.",
        ),
    ),
    "q2": (
        Text(
            "Mire «Aprender por máxima verosimilitud»: la suma sobre los datos y sus corchetes. "
            "Importa cuántas veces se suma cada término.",
            "Look at “Learning by maximum likelihood”: the sum over the data and its brackets. "
            "What matters is how many times each term is added.",
        ),
        Text(
            "¿Qué aporta un solo dato? De ese aporte, ¿qué parte cambia de un dato a otro y qué "
            "parte es igual en todos, aunque también se sume cada vez?",
            "What does a single datum contribute? Of that contribution, which part changes from "
            "one datum to the next and which is the same for all, though it too is added every time?",
        ),
        Text(
            "Con d = 1, A = 2, b = 3 y el único dato x = 3, la respuesta es ln N(3; 3, 4), cerca "
            "de −1.61: hágalo a mano. Después escriba el z de cada fila y, recién al final, una "
            "suma.",
            "With d = 1, A = 2, b = 3 and the single datum x = 3, the answer is ln N(3; 3, 4), "
            "about −1.61: do it by hand. Then write the z of each row and, only at the end, one "
            "sum.",
        ),
    ),
    "q3": (
        Text(
            "Mire «Un caso que se resuelve a mano»: qué gaussiana es el modelo y cuál conviene a "
            "los datos. Importan dos momentos.",
            "Look at “A case that is solved by hand”: which Gaussian the model is and which suits "
            "the data. Two moments matter.",
        ),
        Text(
            "¿Qué ley tiene A Z + b? Entonces, ¿qué de A fija la densidad y qué queda libre? Y si "
            "se deriva una suma de N términos, ¿aparece algún N − 1?",
            "Which law has A Z + b? Then, what of A fixes the density and what is left free? And "
            "if a sum of N terms is differentiated, does any N − 1 appear?",
        ),
        Text(
            "Resuelva d = 1 en papel: el centro, el ancho y la pérdida que queda. En d = 2 el "
            "ancho se vuelve una raíz de la covarianza, que alguna factorización da. Controle "
            "`least_loss` con la función de la pregunta 2.",
            "Solve d = 1 on paper: the centre, the width and the loss that remains. In d = 2 the "
            "width becomes a root of the covariance, which some factorisation gives. Check "
            "`least_loss` with the function of question 2.",
        ),
    ),
    "q4": (
        Text(
            "Mire la figura de «Dos divergencias, y un modelo demasiado pobre»: qué gaussiana "
            "cubre los dos picos y cuál se queda con uno. Importa de quién son las muestras.",
            "Look at the figure of “Two divergences, and a model that is too poor”: which Gaussian "
            "covers both peaks and which keeps to one. What matters is whose samples they are.",
        ),
        Text(
            "¿En cuál de las pérdidas el z ya se tiene y en cuál hay que buscarlo? La directa es "
            "máxima verosimilitud, como en la pregunta 3. En la inversa, ¿cuántas veces más alta "
            "que p es q encima de su pico?",
            "In which of the losses is z there already, and in which must it be found? The forward "
            "one is maximum likelihood, as in question 3. In the reverse one, how many times "
            "higher than p is q above its peak?",
        ),
        Text(
            "Escriba log q a partir de z y use esa línea en las dos pérdidas. Para `cover`, sortee "
            "en dos etapas, el pico y luego el punto, y halle media y varianza. Para `seek`, haga "
            "el cociente q/p con peso 0.5 y después con 0.9.",
            "Write log q from z and use that line in both losses. For `cover`, draw in two stages, "
            "the peak and then the point, and find mean and variance. For `seek`, work out the "
            "ratio q/p with weight 0.5 and then with 0.9.",
        ),
    ),
    "q5": (
        Text(
            "Mire «Un flujo de verdad», donde se entrena uno parecido, y la figura de «Inferencia: "
            "los tres usos»: los datos codificados forman una nube redonda.",
            "Look at “A real flow”, where a similar one is trained, and the figure of “Inference: "
            "the three uses”: the encoded data form a round cloud.",
        ),
        Text(
            "Cada acoplamiento deja quieta una coordenada: ¿cómo hay que alternarlos para que las "
            "dos se muevan varias veces, cada una mirando a la otra? ¿Y cuál de las direcciones "
            "codifica?",
            "Each coupling leaves one coordinate alone: how must they alternate so that both move "
            "several times, each looking at the other? And which of the directions encodes?",
        ),
        Text(
            "Empiece con dos capas y `train`, dibuje los códigos de `points` y agregue capas hasta "
            "que la nube sea redonda. Después arme la tabla con el mismo flujo: dos columnas de "
            "códigos y una más, que hay que llevar a forma `(m, 1)`.",
            "Start with two layers and `train`, draw the codes of `points` and add layers until "
            "the cloud is round. Then build the table with the same flow: two columns of codes "
            "and one more, which has to be brought to shape `(m, 1)`.",
        ),
    ),
}
