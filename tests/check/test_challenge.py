from grader.check.challenge import challenge_seed


def test_seeds_are_stable_and_depend_on_everything(monkeypatch):
    monkeypatch.delenv("GRADER_SECRET", raising=False)
    seed = challenge_seed("5.1", "fresh batch 1")
    assert seed == challenge_seed("5.1", "fresh batch 1")
    assert 0 <= seed < 2**48
    others = {challenge_seed("5.1", "fresh batch 2"), challenge_seed("5.2", "fresh batch 1")}
    monkeypatch.setenv("GRADER_SECRET", "of this class")
    others.add(challenge_seed("5.1", "fresh batch 1"))
    assert len(others | {seed}) == 4
