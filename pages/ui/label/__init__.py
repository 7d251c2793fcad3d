"""The Label page's component: one passage after the other, graded by keyboard; no build step."""
