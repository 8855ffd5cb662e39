"""Progress bars in logs as tqdm writes them, whole and cut."""

from __future__ import annotations

import pytest

from replicatekit._domain.progress import Progress, parse

DONE = Progress(0.46, 23, 50)


@pytest.mark.parametrize(
    "logs",
    [
        " 46%|████▌     | 23/50 [00:01<00:01, 17.18it/s]",
        "Using seed: 1\n  4%|▍         | 2/50 [00:00<00:02]\n 46%|████▌     | 23/50 [00:01<00:01, 17.18it/s]\n",
        " 46%|████▌     | 23/50 [00:01<00:01, 17.18it/s]\nsaving 100% of it\n",
        "  4%|▍         | 2/50 [00:00<00:02]\r 46%|████▌     | 23/50 [00:01<00:01]",
        "  4%|▍         | 2/50 [00:00<00:02]\r 46%|████▌     | 23/50 [00:01<00:01]\r",
        "  4%|▍         | 2/50 [00:00<00:02]\r\n 46%|████▌     | 23/50 [00:01<00:01]\r\n",
        "Loading:  46%|████▌     | 23/50 [00:01<00:01, 17.18it/s]",
        "Loading (5% loss): 46%|####5     | 23/50 [00:01<00:01, 17.18it/s, loss=0.1]",
        "10%|█| 1/10 [00:01<00:09] nested: 46%|████▌     | 23/50 [00:01<00:01]",
        " 46%|\x1b[38;2;0;255;0m████▌     \x1b[0m| 23/50 [00:01<00:01, 17.18it/s]\x1b[A",
        "46%| | 23/50 [00:01<00:01, 17.18it/s]",
        "46%|| 23/50 [00:01<?, ?it/s]",
        " 46% 23/50 [00:01<00:01, 17.18it/s]",
        " 46%|████▌     | 23/50\n",
        "2023-11-14 22:13:20 INFO  46%|████▌     | 23/50 [1:02:03<1:10:00, 17.18s/it]",
    ],
)
def test_the_last_bar_in_the_logs_is_the_progress(logs):
    assert parse(logs) == DONE


@pytest.mark.parametrize(
    ("bar", "current", "total"),
    [
        (" 24%|██▍       | 1.20k/5.00k [00:01<00:03, 1.1kit/s]", 1200, 5000),
        (" 24%|██▍       | 1.2k/5k [00:01<00:03, 1.1kB/s]", 1200, 5000),
        (" 34%|███▍      | 3.40M/10.0M [00:01<00:02, 3.4MB/s]", 3_400_000, 10_000_000),
        (" 34%|███▍      | 3.40MB/10.0MB [00:01<00:02, 3.4MB/s]", 3_400_000, 10_000_000),
        (" 34%|███▍      | 3.40MiB/10.0MiB [00:01<00:02]", 3_400_000, 10_000_000),
        (" 50%|█████     | 512/1.02k [00:01<00:02]", 512, 1020),
        ("100%|██████████| 4.93G/4.93G [00:41<00:00, 119MB/s]", 4_930_000_000, 4_930_000_000),
        ("  5%|▌         | 0.5/10 [00:01<00:20]", 0, 10),
        ("  0%|          | 0/50 [00:00<?, ?it/s]", 0, 50),
        ("  0%|          | 0/123456789012345 [00:00<?, ?it/s]", 0, 123_456_789_012_345),
    ],
)
def test_amounts_may_be_scaled(bar, current, total):
    progress = parse(bar)
    assert progress is not None
    assert (progress.current, progress.total) == (current, total)


def test_the_percentage_is_a_share_from_0_to_1():
    assert [parse(f"{n}%|█| {n}/100 [").percentage for n in (0, 7, 29, 57, 100)] == [0.0, 0.07, 0.29, 0.57, 1.0]
    assert parse("999%|█| 1/1 [").percentage == 1.0


@pytest.mark.parametrize(
    "logs",
    [
        None,
        "",
        "no bar",
        "100%",
        "%",
        "\n\r\n",
        "23it [00:01, 17.18it/s]",
        "23/50 [00:01<00:01]",
        "46%|████▌     | 23/? [00:01<?]",
        "46%|████▌     | a/b [",
        "accuracy 46% on 23/50 images",
        "%|████| 23/50 [",
        "46%|████▌     | 23/50",
        "46%|████▌     | " + "9" * 5000 + "/" + "9" * 5000 + " [",
        "46%|" + "x" * 5000 + "| 23/50 [",
        "\r 46%|4| 23000000/50\n",
        "46%|███\n| 23/50 [00:01<00:01]",
    ],
)
def test_what_is_no_whole_bar_with_a_total_is_no_progress(logs):
    assert parse(logs) is None


def test_a_bar_that_is_cut_anywhere_leaves_the_one_before():
    logs = " 44%|████▍     | 22/50 [00:01<00:01, 17.18it/s]\n"
    bar = " 46%|████▌     | 23/50 [00:01<00:01, 17.18it/s]"
    for cut in range(len(bar) + 1):
        progress = parse(logs + bar[:cut])
        assert progress in (Progress(0.44, 22, 50), DONE)
        assert (progress == DONE) == ("23/50 " in bar[:cut])


@pytest.mark.parametrize(
    "piece",
    ["1%|", "1%| 1/1", "%", "1% ", "9", "|", "1%|x|1/", "1%|\n", "1%\n", "1%|" + "x" * 900, "a log line\n", "1% 1/1"],
)
def test_long_logs_are_read_in_linear_time(piece):
    # A pattern that backtracks over these would not come to an end.
    size = 300_000
    assert parse("46%|████▌     | 23/50 [00:01]\n" + piece * (size // len(piece)) + "x") in (DONE, Progress(0.01, 1, 1))
    assert parse(piece * (size // len(piece))) in (None, Progress(0.01, 1, 1))
