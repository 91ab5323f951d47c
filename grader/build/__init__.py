"""From a chapter's one text source to its solution notebook and its release, and the proofs that they agree."""
