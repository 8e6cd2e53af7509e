/**
 * The Knothe–Rosenblatt map from N(0, I) to a mixture of Gaussians with parallel axes, one
 * coordinate after the other. For t in [0, 1] the first coordinate moves, for t in [1, 2] the second.
 */
(function (NF) {
  "use strict";

  // ---------------------------------------------------------------- the mathematics

  /** Equal weights; [mean of x1, mean of x2, deviation of x1, deviation of x2] each. */
  const TARGETS = {
    three: [[-2, 0.5, 0.6, 0.9], [1, 2, 0.9, 0.6], [1.5, -1.5, 0.7, 0.7]],
    two: [[-1.5, -1, 0.7, 0.7], [1.5, 1, 0.7, 0.7]],
    one: [[0.5, -0.5, 1.5, 0.6]],
  };

  const cdf = (z) => 0.5 * (1 + NF.erf(z / Math.SQRT2));
  const pdf = (z) => Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);

  /** The x with F(x) = Φ(z), F a mixture of N(m, s²) with weights that add to one. */
  function quantile(z, parts) {
    const distribution = (x) => parts.reduce((sum, [w, m, s]) => sum + w * cdf((x - m) / s), 0);
    const density = (x) => parts.reduce((sum, [w, m, s]) => sum + (w / s) * pdf((x - m) / s), 0);
    const x = NF.solveIncreasing(distribution, density, cdf(z), -12, 12);
    return { x, slope: pdf(z) / density(x) };
  }

  /** x = T(z), and the two slopes on the diagonal; `order` 12 or 21 says which goes first. */
  function forward(name, order, z) {
    const [a, b] = order === "12" ? [0, 1] : [1, 0];
    const parts = TARGETS[name];
    const weight = 1 / parts.length;
    const first = quantile(z[a], parts.map((p) => [weight, p[a], p[a + 2]]));
    const shares = parts.map((p) => (weight / p[a + 2]) * pdf((first.x - p[a]) / p[a + 2]));
    const total = shares.reduce((sum, share) => sum + share, 0);
    const second = quantile(z[b], parts.map((p, k) => [shares[k] / total, p[b], p[b + 2]]));
    const x = [];
    const slopes = [];
    [x[a], x[b]] = [first.x, second.x];
    [slopes[a], slopes[b]] = [first.slope, second.slope];
    return { x, slopes, logDet: Math.log(first.slope) + Math.log(second.slope) };
  }

  /** log p_X(x). */
  function logDensity(name, [x1, x2]) {
    const parts = TARGETS[name];
    return Math.log(parts.reduce((sum, [m1, m2, s1, s2]) =>
      sum + pdf((x1 - m1) / s1) * pdf((x2 - m2) / s2) / (s1 * s2), 0) / parts.length);
  }

  /** How far each coordinate has gone at time t, in [0, 1]. */
  function progress(t, order) {
    const [early, late] = [Math.min(t, 1), Math.max(t - 1, 0)];
    return order === "12" ? [early, late] : [late, early];
  }

  /** Where z is at time t, on the straight way to T(z). */
  function moved(name, order, t, z) {
    const { x } = forward(name, order, z);
    const share = progress(t, order);
    return z.map((value, i) => value + share[i] * (x[i] - value));
  }

  /** What the figure says about its marked point. */
  function measure(state) {
    const z = [state.z1, state.z2];
    const { x, slopes, logDet } = forward(state.target, state.order, z);
    const logPz = -0.5 * (z[0] ** 2 + z[1] ** 2) - Math.log(2 * Math.PI);
    return { z, x, slopes, logDet, logPz, logPx: logPz - logDet };
  }

  // ---------------------------------------------------------------- state and words

  const initial = { t: 2, target: "three", order: "12", z1: 0.5, z2: 1, width: 460 };

  const controls = [
    { key: "t", kind: "range", min: 0, max: 2, step: 0.05, digits: 2 },
    { key: "z1", kind: "range", min: -2, max: 2, step: 0.1, digits: 1 },
    { key: "z2", kind: "range", min: -2, max: 2, step: 0.1, digits: 1 },
    { key: "target", kind: "select", options: Object.keys(TARGETS) },
    { key: "order", kind: "select", options: ["12", "21"] },
  ];

  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

  /** The next state, inside the limits of the controls. */
  function reduce(state, change) {
    const next = { ...state, ...change };
    next.t = clamp(next.t, 0, 2);
    next.z1 = clamp(next.z1, -2, 2);
    next.z2 = clamp(next.z2, -2, 2);
    next.width = clamp(next.width, 280, 720);
    return next;
  }

  const strings = {
    es: {
      controls: {
        t: "Deformación", z1: NF.htmlMath("z_1"), z2: NF.htmlMath("z_2"),
        target: "Densidad", order: "Orden",
      },
      options: {
        target: { three: "tres componentes", two: "dos componentes", one: "una gaussiana" },
        order: { 12: "primero x₁", 21: "primero x₂" },
      },
      label: (t) => "Izquierda: una grilla de z. Derecha: la misma grilla, movida una coordenada"
        + ` después de la otra hasta la deformación ${t}, sobre las componentes de la densidad.`,
      caption: (z) => `El punto marcado, ${z}, al final del recorrido`,
      coordinate: "coordenada", image: "imagen", slope: "pendiente",
      note: (logDet, logPz, logPx) => `Suma de los logaritmos de las pendientes: ${logDet}.`
        + ` ${logPz}; restando la suma queda ${logPx}.`,
      summary: (t, x1, x2, logDet) => `Deformación ${t}: el punto marcado termina en (${x1}, ${x2}),`
        + ` y el logaritmo del determinante es ${logDet}.`,
    },
    en: {
      controls: {
        t: "Deformation", z1: NF.htmlMath("z_1"), z2: NF.htmlMath("z_2"),
        target: "Density", order: "Order",
      },
      options: {
        target: { three: "three components", two: "two components", one: "one Gaussian" },
        order: { 12: "x₁ first", 21: "x₂ first" },
      },
      label: (t) => "Left: a grid of z. Right: the same grid, moved one coordinate"
        + ` after the other up to deformation ${t}, over the components of the density.`,
      caption: (z) => `The marked point, ${z}, at the end of its way`,
      coordinate: "coordinate", image: "image", slope: "slope",
      note: (logDet, logPz, logPx) => `Sum of the logarithms of the slopes: ${logDet}.`
        + ` ${logPz}; minus that sum, what is left is ${logPx}.`,
      summary: (t, x1, x2, logDet) => `Deformation ${t}: the marked point ends at (${x1}, ${x2}),`
        + ` and the logarithm of the determinant is ${logDet}.`,
    },
  };

  // ---------------------------------------------------------------- the drawing

  const EXTENT = 4; // both panels show [−4, 4]²
  const LINES = 9; // of the grid of [−2, 2]², each way
  const STEPS = 48; // segments of a line

  /** The lines of the grid: those with z1 fixed, then those with z2 fixed. */
  function grid() {
    const at = (k, count) => -2 + (4 * k) / count;
    const steps = Array.from({ length: STEPS + 1 }, (_, i) => at(i, STEPS));
    const fixed = Array.from({ length: LINES }, (_, k) => at(k, LINES - 1));
    return [fixed.map((c) => steps.map((s) => [c, s])), fixed.map((c) => steps.map((s) => [s, c]))];
  }

  const { line } = NF;

  /** A panel's frame, its ticks and the map from the plane to the screen. */
  function panel(left, top, size) {
    const x = NF.scale(-EXTENT, EXTENT, left, left + size);
    const y = NF.scale(-EXTENT, EXTENT, top + size, top);
    const marks = [-2, 0, 2].flatMap((v) => [
      line("nf-grid", [[x(v), top], [x(v), top + size]]),
      line("nf-grid", [[left, y(v)], [left + size, y(v)]]),
      NF.tag("text", { x: x(v), y: top + size + 15, class: "nf-tick", "text-anchor": "middle" }, v),
    ]);
    return { place: ([a, b]) => [x(a), y(b)], marks };
  }

  /** The ellipses of one and two deviations of the components of the density. */
  function components(name, place) {
    return TARGETS[name].flatMap(([m1, m2, s1, s2]) => [1, 2].map((radius) => {
      const points = Array.from({ length: 41 }, (_, k) => {
        const angle = (2 * Math.PI * k) / 40;
        return place([m1 + radius * s1 * Math.cos(angle), m2 + radius * s2 * Math.sin(angle)]);
      });
      return line("nf-ghost", points);
    }));
  }

  function dot(kind, [x, y]) {
    return NF.tag("circle", { class: `nf-bar nf-on ${kind}`, cx: x, cy: y, r: 5 });
  }

  /** The figure as SVG text. */
  function render(state, words) {
    const [gap, top] = [16, 28];
    const size = (state.width - gap) / 2;
    const before = panel(0, top, size);
    const after = panel(size + gap, top, size);
    const go = (z) => moved(state.target, state.order, state.t, z);
    const [vertical, horizontal] = grid();
    const draw = (kind, lines, f) => lines.map((points) => line(kind, points.map(f)));
    const ends = (points) => [points[0], points[STEPS]];
    const z = [state.z1, state.z2];
    const name = (x, content, kind) =>
      NF.tag("text", { x, y: 18, class: `nf-name ${kind}`, "text-anchor": "start" }, content);
    const [first, second] = progress(state.t, state.order).map((share, i) =>
      (share === 1 ? `x_${i + 1}` : share === 0 ? `z_${i + 1}` : `z_${i + 1} → x_${i + 1}`));
    return NF.tag("svg", {
      xmlns: "http://www.w3.org/2000/svg", class: "nf-svg", role: "img",
      viewBox: `0 0 ${state.width} ${Math.round(top + size + 22)}`,
      "aria-label": words.label(state.t.toFixed(2)),
    },
    ...before.marks, ...after.marks,
    ...components(state.target, after.place),
    ...draw("nf-line nf-base", [...vertical, ...horizontal].map(ends), before.place),
    ...draw("nf-line nf-base", vertical, (p) => after.place(go(p))),
    ...draw("nf-line nf-model", horizontal, (p) => after.place(go(p))),
    dot("nf-base", before.place(z)), dot("nf-model", after.place(go(z))),
    name(4, NF.svgMath("(z_1, z_2)"), "nf-base-text"),
    name(size + gap + 4, NF.svgMath(`(${first}, ${second})`), "nf-model-text"));
  }

  /** The numbers of the marked point. */
  function readout(state, words) {
    const m = measure(state);
    const M = NF.htmlMath;
    const N = NF.number;
    const row = (i) => `<tr><th scope="row">${i + 1}</th><td>${m.z[i].toFixed(1)}</td>
      <td>${N(`x${i + 1}`, m.x[i])}</td><td>${N(`slope${i + 1}`, m.slopes[i])}</td></tr>`;
    const note = words.note(
      N("logDet", m.logDet), `log ${M("p_Z(z) =")} ${N("logPz", m.logPz)}`,
      `log ${M("p_X(x) =")} ${N("logPx", m.logPx)}`,
    );
    return `<table class="nf-table">
      <caption>${words.caption(`(${m.z.map((v) => v.toFixed(1)).join(", ")})`)}</caption>
      <thead><tr><th scope="col">${words.coordinate}</th><th scope="col">${M("z")}</th>
        <th scope="col">${words.image}</th><th scope="col">${words.slope}</th></tr></thead>
      <tbody>${row(0)}${row(1)}</tbody></table>
      <p class="nf-note">${note}</p>`;
  }

  /** The same in one sentence. */
  function summary(state, words) {
    const { x, logDet } = measure(state);
    return words.summary(state.t.toFixed(2), x[0].toFixed(3), x[1].toFixed(3), logDet.toFixed(3));
  }

  const figure = {
    initial, strings, controls, reduce, render, readout, summary,
    animate: { key: "t", from: 0, to: 2, seconds: 6 },
    model: { forward, logDensity, moved, progress, measure },
  };
  NF.register("triangular", figure);
})(globalThis.NFInteractive);
