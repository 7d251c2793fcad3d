"""A page with nothing but the drop zone, as another page shows it."""

from pages.ui import cache
from pages.ui.datasets.dropping import drop_zone

drop_zone(cache.workspace())
