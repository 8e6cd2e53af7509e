/**
 * A whole flow at work: twelve affine couplings take N(0, I) to the arm of a spiral.
 * Coupling k keeps one coordinate and moves the other, x_B = t(z_A) + exp(s(z_A)) z_B, with s = 2 tanh(a/2)
 * and (t, a) from a network with one hidden layer. «Time» runs from 0 to 12. At a time between two whole
 * numbers the last coupling is applied in part, x_B = τ t + exp(τ s) z_B, which is a coupling too: so every
 * picture on the way shows a flow, whose log|det| and whose inverse are exact.
 * LAYERS is written by tools/dev/train_spiral.py: for each coupling, weights and biases of the hidden layer, the
 * two rows of weights behind it, and their biases.
 */
(function (NF) {
  "use strict";

  const LAYERS = [
    [[0.3864, 0.7891, 0.6141, 1.9101, -0.9275, -0.3513, 0.3517, 0.9954, 1.9405, 0.9302, 0.2717, -1.0584, -0.1347, -0.3341, -1.2136, 1.7474], [1.2979, -1.7504, 0.1146, -0.5127, -0.1769, -0.5408, 0.3588, -1.7628, 0.624, 1.5606, 1.2632, 1.0176, -1.7531, -1.7017, 1.3761, 0.3255], [0.0099, 0.0565, 0.0028, 0.0613, -0.0013, 0.0068, -0.0006, -0.0099, -0.0328, -0.0151, 0.0249, 0.0321, -0.0238, -0.038, 0.0499, -0.0144], [-0.0831, -0.0458, -0.0092, 0.0349, 0.006, 0.029, -0.0283, -0.1895, -0.0549, -0.0641, -0.068, 0.0543, 0.0736, 0.0142, 0.0823, -0.0442], [0.0342, -0.076]],
    [[-0.0304, -0.0086, -0.9868, 0.7104, -1.8139, 0.0155, 2.2553, -0.6987, 2.2931, 0.7309, -2.2537, 1.243, -0.0142, -0.6734, 1.7918, -1.1599], [0.3457, -0.5366, 1.337, 0.6399, 0.685, 0.8157, 0.0536, -0.5052, -1.1669, 1.0038, 1.1387, 1.8373, -1.5814, -0.024, -1.1434, -1.5788], [-0.1931, 0.1926, 0.1366, 0.1256, 0.0568, -0.1967, -0.1283, -0.1096, -0.0286, 0.0504, 0.0299, 0.2802, 0.1834, 0.0021, -0.0515, -0.2545], [-0.1749, 0.1465, 0.0523, 0.0363, -0.0318, -0.141, 0.0395, -0.0365, 0.0536, -0.0284, -0.0525, 0.0469, 0.1383, -0.0065, -0.0102, -0.0273], [-0.1905, -0.1409]],
    [[0.6305, 1.1831, 0.4478, -0.0015, -0.0067, 0.0066, 1.8319, 0.007, -0.7088, -0.8049, -1.9224, 0.2414, -1.1287, -1.0559, 1.7532, -0.9791], [-0.3446, 0.3881, -0.026, -1.2577, -1.678, 1.6567, 0.1604, 1.7242, -0.5908, 0.6908, -0.397, -0.0257, -1.6247, 1.0352, 0.7732, 0.0182], [-0.0317, -0.0093, -0.0422, -0.0198, -0.0158, 0.016, 0.0152, 0.0155, 0.0133, 0.0615, -0.0155, -0.0429, 0.0212, 0.0144, -0.0134, 0.0178], [-0.0866, 0.0001, -0.0397, 0.0483, 0.09, -0.086, 0.0366, -0.0928, -0.0688, 0.1278, 0.0057, -0.0259, -0.1844, 0.1204, -0.0727, -0.0129], [0.0137, -0.1092]],
    [[-1.3602, -2.1427, -1.7133, 1.6784, 0.0917, 2.0864, 1.7173, -1.8444, -1.4349, 0.004, -1.3533, 1.5198, -1.6586, -0.9328, -2.1344, -1.3165], [1.5125, 1.4848, 1.3039, 1.7825, 2.2406, -0.5008, 1.2541, 1.638, 0.631, 2.1907, 0.9835, 1.445, -1.2277, 0.9479, 0.1582, -0.9993], [0.0608, 0.0426, 0.053, 0.1732, -0.1062, -0.1075, 0.1444, 0.0415, 0.0678, -0.2146, 0.0618, 0.1606, -0.1321, 0.0546, 0.0491, -0.1036], [-0.0115, -0.1222, -0.0641, -0.0949, -0.0389, 0.0279, -0.0874, -0.029, -0.075, -0.1191, -0.0622, -0.0971, 0.1006, -0.0597, -0.0396, 0.0946], [-0.2191, -0.1202]],
    [[-1.5616, -0.0573, -1.7263, -0.8867, 0.3488, -1.4875, 0.6383, 1.1984, 0.2034, -1.4037, -1.1898, -0.5863, 1.118, 1.4378, 0.7755, -0.0629], [0.4895, -1.9742, -2.477, 0.777, -0.9158, 0.9052, -1.1795, -0.8798, -1.5319, 0.9811, -1.2827, 1.3574, 1.3302, 1.9669, 0.2297, -0.4811], [-0.0746, -0.0378, 0.0783, 0.0377, -0.0287, -0.0065, -0.0343, -0.036, -0.035, 0.0286, 0.0447, 0.0354, -0.014, -0.0731, 0.0433, -0.0303], [-0.0015, 0.0847, -0.2429, -0.0024, 0.0628, 0.0294, 0.0428, -0.0262, 0.0903, 0.039, -0.0263, -0.054, 0.049, 0.2013, -0.003, 0.0552], [0.0367, -0.0966]],
    [[-0.1728, -0.1238, 1.0149, 0.0995, -2.0956, -2.058, -0.8441, 2.0581, -1.506, 1.7034, -0.1169, -0.2912, 1.4456, 1.0193, 1.653, 1.5788], [-0.5236, -1.4374, -0.4337, 1.6691, -1.157, -1.4608, 0.7829, 1.3521, -0.8384, -1.7143, -1.9203, 0.3326, -0.3571, -1.0641, 0.8235, 0.9529], [0.0907, 0.1198, -0.1192, -0.1293, -0.1643, -0.0995, 0.157, 0.0656, -0.1059, -0.1693, 0.12, 0.0213, -0.1296, -0.1827, 0.0983, 0.1215], [0.0335, 0.0693, 0.0063, -0.0824, 0.0364, 0.0484, -0.0596, -0.0747, 0.0271, 0.1026, 0.0776, -0.0739, -0.0594, 0.065, -0.048, -0.0222], [-0.1303, -0.0841]],
    [[-1.5715, -1.0151, 0.2394, 1.9442, -0.9844, 0.3159, -0.3539, -0.2207, 1.6147, -1.7449, -0.0159, 2.0682, -0.1444, 1.4843, -0.6003, 1.6311], [-2.1875, -0.2632, -0.188, 1.0549, 0.6367, 1.479, -0.0611, -0.0329, 1.4246, -0.8574, 1.6954, -1.0871, -0.0825, 0.276, 0.7332, 1.516], [-0.0846, 0.0083, -0.0093, -0.1445, 0.0019, 0.0693, -0.0447, -0.0414, -0.0341, 0.1074, 0.062, 0.0948, -0.0464, -0.0182, 0.0582, -0.028], [-0.1494, -0.0304, 0.0794, 0.0839, 0.0106, -0.0583, -0.0421, -0.0341, 0.1269, -0.0788, -0.0995, -0.0554, -0.0038, -0.0285, -0.0346, 0.1423], [0.063, -0.1023]],
    [[1.5162, 1.5683, 0.1018, 0.2244, -1.0204, 2.44, -1.0289, -2.5976, 0.12, 1.2497, -1.7888, 1.7938, 0.4935, -1.4125, -0.2004, 2.0882], [-1.5763, -0.8278, 0.6658, -1.8008, 0.9928, 1.1101, 1.0755, -1.1505, 2.0405, -1.1992, 2.0431, -1.9711, -1.8221, 1.2837, 0.1994, 0.2034], [-0.1075, -0.0754, -0.1028, 0.1023, 0.0556, 0.2125, 0.0458, -0.2165, -0.1107, -0.0892, 0.1168, -0.1181, 0.0695, 0.1053, -0.0238, 0.0636], [0.0386, 0.0017, -0.0431, 0.0445, 0.0069, 0.0022, 0.0053, 0.016, -0.0577, 0.0198, -0.0324, 0.0433, 0.0007, -0.0468, 0.0164, -0.1539], [-0.1144, -0.0603]],
    [[0.0011, 1.198, -0.688, -0.8709, 0.7103, -2.3107, 0.2574, -0.637, 1.3092, -2.0932, 1.2692, 1.7541, 0.7117, -0.0, 1.5444, -1.1441], [-0.0001, -0.8952, -0.2213, 0.3711, 0.2239, -0.5119, -1.71, 0.1299, 0.062, -0.1911, 1.6691, 2.409, -0.713, -0.0, -0.6589, -1.5203], [-0.0011, -0.0425, 0.031, 0.0546, -0.0322, 0.1209, 0.0114, 0.0448, -0.0795, 0.1005, 0.0732, 0.1339, -0.0208, 0.0, 0.0361, -0.0419], [0.0017, 0.0111, -0.0747, -0.0312, 0.0752, -0.1159, 0.037, -0.0533, 0.0494, -0.0714, 0.0992, 0.1553, 0.0325, -0.0, 0.0022, -0.0187], [-0.012, -0.0372]],
    [[0.7638, -0.5707, -1.1375, -1.2378, -1.7708, -1.6315, 1.244, 1.1004, -0.0192, -1.0304, 0.7257, -0.0508, -1.4574, -0.0017, 1.6954, -2.0879], [-1.8856, 0.1568, 1.6062, -1.0625, 0.3946, 1.5891, 0.7821, 0.515, 1.9814, 1.3658, -0.869, 0.0617, 1.3204, 1.7803, -2.1603, 2.0541], [0.0567, -0.064, 0.0565, -0.0748, -0.044, 0.0792, 0.1538, 0.1373, -0.1056, 0.0437, 0.0232, -0.0368, 0.0483, -0.0982, -0.1084, 0.0682], [-0.0431, 0.0551, 0.0791, -0.0784, 0.1013, -0.0743, 0.0634, 0.0237, -0.016, 0.0686, -0.0569, 0.0212, -0.0538, -0.0114, -0.0279, -0.1442], [-0.1092, -0.0181]],
    [[1.0666, 1.1716, -2.2617, 1.4078, -0.2068, -1.172, 0.9263, 1.1283, -1.4369, -0.0, 1.3557, 1.1667, 1.4103, -0.3278, -1.2371, 1.4057], [0.7477, 1.7593, -0.5292, -1.2709, -0.1242, -1.8212, 0.7177, 1.7872, 0.5344, 0.0, 0.9243, -1.0449, 2.4094, -1.945, -2.0284, -0.5276], [-0.0421, 0.0547, 0.0986, -0.0521, 0.0132, -0.0657, -0.0355, 0.0735, 0.0557, -0.0, -0.0486, -0.023, 0.1301, 0.0757, -0.0996, -0.057], [0.0285, 0.0095, -0.0765, 0.0498, -0.0595, -0.0231, 0.0372, 0.0851, -0.0531, 0.0, 0.0116, 0.0532, 0.1237, 0.0073, -0.0642, 0.0548], [-0.1162, -0.0393]],
    [[0.989, -1.7717, 0.556, -1.2336, 0.5182, -1.1225, 0.7237, -2.6072, -1.1085, 0.2672, 1.1835, -1.9695, -0.6227, 2.0015, 0.0906, 0.2494], [-2.0172, -0.6292, -0.8672, 1.8954, 0.9142, -1.9608, 0.1524, 0.4177, -1.05, -0.7693, -1.1336, 1.6732, -1.5219, -1.642, -0.1423, -0.121], [0.0958, -0.0825, 0.0615, -0.0512, 0.001, 0.0149, 0.0291, -0.2132, 0.0295, 0.012, -0.0153, 0.1113, 0.0122, -0.1306, -0.0086, 0.0044], [-0.1034, 0.0131, -0.0532, 0.0174, 0.0432, -0.0981, -0.0174, 0.1043, -0.006, -0.0088, 0.0089, -0.0807, -0.0497, 0.0813, -0.0068, -0.0144], [-0.0193, 0.0049]],
  ];

  // ---------------------------------------------------------------- the flow

  /** t and s of a coupling, where the coordinate that it keeps is `kept`. */
  function shiftAndScale([weights, biases, toShift, toScale, out], kept) {
    let [shift, a] = out;
    weights.forEach((weight, i) => {
      const hidden = Math.tanh(weight * kept + biases[i]);
      shift += toShift[i] * hidden;
      a += toScale[i] * hidden;
    });
    return [shift, 2 * Math.tanh(a / 2)];
  }

  /** How much of coupling k has been applied at a time. */
  function part(time, k) {
    return Math.min(Math.max(time - k, 0), 1);
  }

  /** x = f(z) at a time, and log|det J_f(z)|. */
  function forward(time, z) {
    const x = [...z];
    let logAbsDet = 0;
    for (let k = 0; k < Math.min(time, LAYERS.length); k++) {
      const kept = k % 2;
      const [shift, s] = shiftAndScale(LAYERS[k], x[kept]);
      const tau = part(time, k);
      x[1 - kept] = tau * shift + Math.exp(tau * s) * x[1 - kept];
      logAbsDet += tau * s;
    }
    return { x, logAbsDet };
  }

  /** The z with f(z) = x at a time: the couplings undone, the last one first. */
  function inverse(time, x) {
    const z = [...x];
    for (let k = Math.min(Math.ceil(time), LAYERS.length) - 1; k >= 0; k--) {
      const kept = k % 2;
      const [shift, s] = shiftAndScale(LAYERS[k], z[kept]);
      const tau = part(time, k);
      z[1 - kept] = (z[1 - kept] - tau * shift) * Math.exp(-tau * s);
    }
    return z;
  }

  /** log p_Z(z) for N(0, I), in nats. */
  function logBase([a, b]) {
    return -(a * a + b * b) / 2 - Math.log(2 * Math.PI);
  }

  // ---------------------------------------------------------------- points that fill a law evenly

  /** The n-th point of a sequence that fills the unit square evenly: multiples of (1/g, 1/g²), g³ = g + 1. */
  function even(n) {
    const g = 1.324717957244746;
    return [(0.5 + n / g) % 1, (0.5 + n / (g * g)) % 1];
  }

  /** A point of N(0, I), by Box and Muller, from a point of the unit square. */
  function normal([u, v]) {
    const radius = Math.sqrt(-2 * Math.log(1 - u));
    return [radius * Math.cos(2 * Math.PI * v), radius * Math.sin(2 * Math.PI * v)];
  }

  /** The point of the arm at u in [0, 1], as in tools/dev/train_spiral.py. */
  function arm(u) {
    const angle = 0.9 + 2.6 * Math.PI * u;
    const radius = ((6 / 7) * angle) / Math.PI;
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  }

  const CLOUD = Array.from({ length: 600 }, (_, n) => normal(even(n)));
  const DATA = Array.from({ length: 320 }, (_, n) => {
    const [centre, noise] = [arm(Math.sqrt((n + 0.5) / 320)), normal(even(n + 1000))];
    return centre.map((value, i) => value + 0.11 * noise[i]);
  });

  // ---------------------------------------------------------------- state and words

  const END = 12;
  const POINTS = { middle: [0.2, 0.35], side: [-0.9, 1.1], rare: [1.9, -1.5] };
  const initial = { time: 0, point: "side", z: POINTS.side, width: 720 };

  const controls = [
    { key: "time", kind: "range", min: 0, max: END, step: 0.05, digits: 1 },
    { key: "point", kind: "select", options: ["middle", "side", "rare", "free"] },
  ];

  /** The next state. A dragged point is «free». */
  function reduce(state, change) {
    const next = { ...state, ...change };
    next.time = Math.min(Math.max(next.time, 0), END);
    if (change.z) next.point = "free";
    else if (POINTS[next.point]) next.z = POINTS[next.point];
    next.width = Math.min(Math.max(next.width, 280), 720);
    return next;
  }

  const strings = {
    es: {
      controls: { time: "Capas aplicadas", point: "Punto" },
      options: { point: {
        middle: "en el centro", side: "a un costado", rare: "poco frecuente", free: "a su elección",
      } },
      base: "ruido", data: "datos",
      terms: ["del ruido", "de las capas", "log-densidad"],
      label: (time) => "Seiscientos puntos de una normal del plano y la espiral de datos a la que llegan;"
        + ` capas aplicadas: ${time} de 12.`,
      summary: (time, value) => `Capas aplicadas: ${time} de 12. La log-densidad en el punto marcado es ${value}.`,
    },
    en: {
      controls: { time: "Layers applied", point: "Point" },
      options: { point: {
        middle: "in the middle", side: "on one side", rare: "a rare one", free: "of your choice",
      } },
      base: "noise", data: "data",
      terms: ["of the noise", "from the layers", "log-density"],
      label: (time) => "Six hundred points of a normal law of the plane and the spiral of data that they reach;"
        + ` layers applied: ${time} of 12.`,
      summary: (time, value) => `Layers applied: ${time} of 12. The log-density at the marked point is ${value}.`,
    },
  };

  // ---------------------------------------------------------------- the drawing

  const [LOW, HIGH] = [-2.75, 3]; // what is shown of the second axis

  /** The plane of the drawing: pixels of a point, the point of pixels. */
  function plane(width) {
    const height = Math.round((width < 480 ? 0.78 : 0.56) * width);
    const pixel = height / (HIGH - LOW);
    const middle = width / 2;
    return {
      height,
      place: ([x, y]) => [middle + pixel * x, pixel * (HIGH - y)],
      point: (px, py) => [(px - middle) / pixel, HIGH - py / pixel],
    };
  }

  /** Points as one path of dots. */
  function dots(points, place, kind, size) {
    const steps = points.map((p) => `M${place(p).map((v) => v.toFixed(1)).join(" ")}h0`);
    return `<path class="${kind}" d="${steps.join("")}" fill="none" stroke-width="${size}" stroke-linecap="round"/>`;
  }

  /** Where the circles around the origin that hold 25, 68 and 92 % of the noise have gone. */
  function rings(time, place) {
    return [0.75, 1.5, 2.25].map((radius) => {
      const points = Array.from({ length: 200 }, (_, k) => {
        const angle = (k * Math.PI) / 100;
        return place(forward(time, [radius * Math.cos(angle), radius * Math.sin(angle)]).x);
      });
      return NF.tag("path", { class: "nf-ring", d: NF.path(points, true), fill: "none" });
    });
  }

  /** The figure as SVG text. */
  function render(state, words) {
    const { height, place } = plane(state.width);
    const narrow = state.width < 480;
    const [px, py] = place(forward(state.time, state.z).x);
    const moved = CLOUD.map((z) => forward(state.time, z).x);
    const name = (x, anchor, text, kind, strength) => NF.tag("text", {
      x, y: height - 12, class: `nf-name ${kind}`, "text-anchor": anchor, "fill-opacity": strength,
    }, text);
    return NF.tag("svg", {
      xmlns: "http://www.w3.org/2000/svg", class: `nf-svg nf-step-${Math.round(state.time / 2)}`, role: "img",
      viewBox: `0 0 ${state.width} ${height}`, "aria-label": words.label(Number(state.time.toFixed(1))),
    },
    dots(DATA, place, "nf-cloud-data", narrow ? 2 : 2.6),
    ...rings(state.time, place),
    dots(moved, place, "nf-cloud", narrow ? 2.4 : 3.2),
    NF.tag("circle", { class: "nf-handle", "data-drag": "point", cx: px, cy: py, r: 15 }),
    NF.tag("circle", { class: "nf-marked", cx: px, cy: py, r: 5.5 }),
    name(12, "start", words.base, "nf-base-text", 2 * state.time < END ? 1 : 0.55),
    name(state.width - 12, "end", words.data, "nf-data-text", 1));
  }

  /** log p_X(x) = log p_Z(z) − Σ log|det|, as an account, with the numbers of the marked point. */
  function readout(state, words) {
    const { logAbsDet } = forward(state.time, state.z);
    const first = logBase(state.z);
    const row = (meaning, formula, key, value) => (
      `<tr><th scope="row">${meaning}</th><td>${formula}</td><td>${NF.number(key, value, 2)}</td></tr>`
    );
    const log = (formula) => `log ${NF.htmlMath(formula)}`;
    const [noise, stretch, sum] = words.terms;
    return `<table class="nf-table nf-account"><tbody>
      ${row(noise, log("p_Z(z)"), "noise", first)}
      ${row(stretch, "−Σ\u00a0log\u00a0|det|", "stretch", -logAbsDet)}
      ${row(sum, log("p_X(x)"), "sum", first - logAbsDet)}</tbody></table>`;
  }

  /** The same in one sentence. */
  function summary(state, words) {
    const value = logBase(state.z) - forward(state.time, state.z).logAbsDet;
    return words.summary(Number(state.time.toFixed(1)), value.toFixed(2));
  }

  /** A dragged point: the z that comes out where the pointer is, by the exact inverse. */
  function drag(state, name, px, py) {
    const { height, point } = plane(state.width);
    const inside = [Math.min(Math.max(px, 8), state.width - 8), Math.min(Math.max(py, 8), height - 8)];
    return { z: inverse(state.time, point(...inside)) };
  }

  NF.register("spiral", {
    initial, strings, controls, reduce, render, readout, summary, drag,
    animate: { key: "time", from: 0, to: END, seconds: 9 },
    model: { forward, inverse, logBase, layers: LAYERS },
  });
})(globalThis.NFInteractive);
