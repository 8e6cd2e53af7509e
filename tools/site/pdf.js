// What is done to the document before Chromium prints it: see pdf.py.

async function missingPictures() {
  await Promise.all([...document.images].map((image) => image.decode().catch(() => null)));
  await document.fonts.ready;
  return [...document.images].filter((image) => !image.naturalWidth).map((image) => image.src);
}

// Formulas and tables that are wider than the sheet become smaller; returns those that are too wide even so
function cutOff() {
  const excess = (element) => element.matches("table")
    ? element.offsetWidth / element.parentElement.clientWidth : element.scrollWidth / element.clientWidth;
  const wide = [...document.querySelectorAll(".math-body, article table, article pre")]
    .filter((element) => excess(element) > 1.002);
  for (const element of wide) {
    const scale = Math.max(0.6, Math.floor(100 / excess(element)) / 100);
    element.style.fontSize = `calc(${scale} * ${getComputedStyle(element).fontSize})`;
  }
  return wide.filter((element) => excess(element) > 1.01).map((element) => element.textContent.slice(0, 60));
}

function fillContents(pages) {
  for (const place of document.querySelectorAll("[data-page-of]"))
    place.textContent = pages[place.dataset.pageOf] ?? "000";
}

function headings() {
  return [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")]
    .map((heading) => heading.innerText.replace(/\s+/g, " ").trim());
}
