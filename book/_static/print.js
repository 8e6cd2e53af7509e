// On paper the page is light and nothing is folded but the checks, which are one line; afterwards everything is as the reader left it.
(() => {
  const root = document.documentElement;
  let restore = () => {};

  window.addEventListener("beforeprint", () => {
    const theme = root.dataset.theme;
    const folded = [...document.querySelectorAll("article details:not([open], .verify)")];
    root.dataset.theme = "light";
    for (const part of folded) part.open = true;
    restore = () => {
      root.dataset.theme = theme;
      for (const part of folded) part.open = false;
    };
  });

  window.addEventListener("afterprint", () => restore());
})();
