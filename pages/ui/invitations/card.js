// A new link: to copy, and to point a phone at. `data`: { link, qr, name }.
async function copy(field) {
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    field.select(); // plain http has no clipboard
    document.execCommand("copy");
  }
}

export default function ({ data, parentElement }) {
  const card = document.createElement("div");
  card.className = "invitation";
  const picture = document.createElement("img");
  picture.src = data.qr;
  picture.alt = `QR code of the link: ${data.name}`;
  const row = document.createElement("div");
  row.className = "line";
  const field = document.createElement("input");
  field.readOnly = true;
  field.value = data.link;
  field.setAttribute("aria-label", "Link");
  field.addEventListener("focus", () => field.select());
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy link";
  const said = document.createElement("span");
  said.setAttribute("role", "status");
  button.addEventListener("click", async () => {
    await copy(field);
    said.textContent = "Copied.";
  });
  row.append(field, button, said);
  card.append(row, picture);
  parentElement.querySelector(".invitation")?.remove();
  parentElement.append(card);
}
