"""How the program speaks and ends: help, sentences, exit codes, JSON on stdout and nothing else there."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sightmill.cli.flags import options_of
from sightmill.cli.main import VERBS
from sightmill.cli.verbs.train import command as train_command
from sightmill.methods.catalogue import methods

PROGRAM = [sys.executable, "-m", "sightmill"]


def child(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The program in a process of its own."""
    return subprocess.run(
        [*PROGRAM, *words], capture_output=True, text=True, env={**os.environ, **environment}, timeout=400
    )


def one_sentence(said: str) -> bool:
    return said.startswith("sightmill: ") and len(said.strip().splitlines()) == 1


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(sightmill, verb):
    ended = sightmill(verb, "--help")
    assert ended.code == 0
    assert ended.out.startswith(f"Usage: sightmill {verb}")


@pytest.mark.parametrize("verb", ["check", "split", "convert"])
def test_every_data_verb_explains_itself(sightmill, verb):
    assert "--json" in sightmill("data", verb, "--help").out


@pytest.mark.parametrize("method", list(methods()))
def test_training_help_says_every_parameter_with_default_and_range(sightmill, method):
    ended = sightmill("train", method, "--help")
    assert ended.code == 0
    words = " ".join(ended.out.split())
    for name in methods()[method].Training.model_fields:
        assert "--" + name.replace("_", "-") in words
    depth = methods()[method].Training.model_fields["network_depth"].default
    assert f"[default: {depth}; 1 to 5]" in words
    assert words.index(" Advanced: ") > words.index(" Augmentation: ")


@pytest.mark.parametrize("method", list(methods()))
def test_no_parameter_hides_a_flag_of_the_command(method):
    names = [parameter.name for parameter in train_command.get_command(None, method).params]
    assert len(names) == len(set(names))
    flags = [flag for parameter in train_command.get_command(None, method).params for flag in parameter.opts]
    assert len(flags) == len(set(flags))


def test_a_switch_that_is_not_given_keeps_the_default():
    for method in methods().values():
        assert all(option.default is None for option in options_of(method.Training) if not option.multiple)


def test_no_verb_at_all_is_bad_usage(sightmill):
    ended = sightmill()
    assert ended.code == 2
    assert "Usage: sightmill" in ended.err


def test_version(sightmill):
    assert re.match(r"sightmill \S+\n", sightmill("--version").out)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["trian"], "No such command 'trian'"),
        (["methods", "--jsn"], "No such option"),
        (["methods", "telepathy"], "allowed: anomaly_detection, "),
        (["data", "check"], "Missing argument 'DATA'"),
        (["data", "check", "/no/such/place"], "/no/such/place"),
        (["data", "convert", "x", "y"], "Missing option '--to'"),
        (["train", "classification", "x", "-o", "y", "--network-depth", "7"], "--network-depth"),
        (["train", "classification", "x", "-o", "y", "--network-depth", "deep"], "whole number 1 to 5"),
        (["train", "classification", "x", "-o", "y", "--schedule", "linear"], "'cosine', 'constant'"),
        (["train", "classification", "x", "-o", "y", "--device", "tpu"], "cuda:0"),
        (["train", "classification", "x", "-o", "y", "--scale-min", "120"], "scale_min"),
        (["train", "classification", "x", "-o", "y", "--events", "json", "--json"], "--events"),
        (["train", "telepathy", "x"], "there is no such method"),
        (["evaluate", "/no/model.sightmill", "x"], "/no/model.sightmill"),
        (["predict", "/no/model.sightmill", "x"], "/no/model.sightmill"),
        (["predict", "m", "x", "--csv", "picture.png"], ".csv"),
        (["predict", "m", "x", "--roi", "1 2 3"], "x y width height"),
        (["predict", "m", "x", "--roi", "1 2 3 0"], "larger than 0"),
        (["verify", "/no/model.sightmill"], "/no/model.sightmill"),
    ],
)
def test_bad_usage_is_one_sentence_and_exit_code_2(sightmill, words, told):
    ended = sightmill(*words)
    assert ended.code == 2
    assert ended.out == ""
    assert one_sentence(ended.err), ended.err
    assert told in ended.err


def test_json_takes_no_file_that_could_be_an_input(sightmill, tmp_path):
    picture = tmp_path / "part.png"
    picture.write_bytes(b"precious")
    ended = sightmill("methods", "--json", picture)
    assert ended.code == 2
    assert picture.read_bytes() == b"precious"


def test_methods_as_json(sightmill):
    found = sightmill("methods", "--json").json["methods"]
    assert [item["id"] for item in found] == list(methods())
    (depth,) = [item for item in found[0]["training"] if item["name"] == "network_depth"]
    assert (depth["default"], depth["minimum"], depth["maximum"]) == (3, 1, 5)


def test_json_to_a_file_leaves_stdout_to_people(sightmill, tmp_path):
    ended = sightmill("methods", "--json", tmp_path / "new folder" / "methods.json")
    assert "classification" in ended.out
    assert json.loads((tmp_path / "new folder" / "methods.json").read_text())["methods"]


def test_one_method_with_its_parameters(sightmill):
    ended = sightmill("methods", "anomaly-detection")
    assert ended.code == 0
    assert "threshold" in ended.out


def test_devices(sightmill):
    found = sightmill("devices", "--json").json["devices"]
    assert {"engine": "onnxruntime", "name": "cpu"}.items() <= found[0].items()
    assert "onnxruntime" in sightmill("devices").out


def test_no_colours_outside_of_a_terminal(sightmill):
    assert "\x1b[" not in sightmill("methods").out
    assert "\x1b[" not in sightmill("methods", "nothing").err


def test_a_fault_is_called_a_fault(sightmill, monkeypatch):
    def broken():
        raise ZeroDivisionError("by nought")

    monkeypatch.setattr("sightmill.runtime.devices.devices", broken)
    monkeypatch.delenv("SIGHTMILL_TRACE", raising=False)
    ended = sightmill("devices")
    assert ended.code == 70
    assert one_sentence(ended.err)
    assert "fault in Sightmill" in ended.err


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGPIPE on Windows")
def test_a_reader_that_leaves_is_no_error():
    script = f"{sys.executable} -m sightmill methods --json | head -n 1; exit ${{PIPESTATUS[0]}}"
    ended = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=400)
    assert ended.stdout == "{\n"
    assert ended.stderr == ""
    assert ended.returncode in (0, 141)


def test_no_verb_needs_torch_before_a_training_starts(tmp_path: Path):
    hidden = tmp_path / "torch"
    hidden.mkdir()
    (hidden / "__init__.py").write_text("raise ModuleNotFoundError(\"No module named 'torch'\", name='torch')\n")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    for words in (["--help"], ["methods"], ["devices"], ["train", "classification", "--help"]):
        assert child(*words, PYTHONPATH=path).returncode == 0
    for words in (["train", "classification", str(tmp_path), "-o", "m"], ["demo", "-o", str(tmp_path / "demo")]):
        ended = child(*words, PYTHONPATH=path)
        assert ended.returncode == 2
        assert one_sentence(ended.stderr)
        assert 'pip install "sightmill[train]"' in ended.stderr
