"""What the server does beside running pages: its life, whom it answers, and what each page of HTML gets."""
