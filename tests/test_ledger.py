"""The port is what its originals are, call by call, but for what omitted.toml explains; and the ledger would notice."""

from __future__ import annotations

import pytest

from vethkernel.ledger import Departure, Ledger, Reasons, kernel_names, main, read_reasons


@pytest.fixture(scope="module")
def ledger():
    return Ledger()


def found(rows, kind):
    return {(row.function, name) for row in rows if row.kind == kind for name in row.names or ("",)}


def test_every_difference_from_the_c_functions_has_a_reason(ledger):
    assert [str(row) for row in ledger.rows()] == []


def test_every_module_of_the_port_has_its_c_file(ledger):
    assert ledger.outside == []


def test_a_call_that_is_left_out_without_a_reason_is_noticed():
    reasons = read_reasons()
    del reasons.everywhere["rcu_read_lock"]
    assert ("veth_xmit", "rcu_read_lock") in found(Ledger(reasons).rows(), "missing")


def test_a_call_that_c_does_not_make_is_noticed():
    rows = Ledger(Reasons(departures={"drivers/net/veth.c:veth_xmit": Departure("", "", "6.1", "")})).rows()
    assert ("veth_xmit", "dev_forward_skb") in found(rows, "added")


def test_a_function_that_veth_c_has_and_the_port_has_not_is_noticed():
    reasons = read_reasons()
    left_out = [key for key in reasons.functions if key.startswith(("drivers/net/", "net/ethernet/eth.c:"))]
    for key in left_out:
        del reasons.functions[key]
    assert {key.rpartition(":")[2] for key in left_out} == {name for name, _ in found(Ledger(reasons).rows(), "absent")}


def test_a_reason_that_explains_nothing_is_noticed():
    reasons = read_reasons()
    reasons.calls["drivers/net/veth.c:veth_xmit", "dev_forward_skb"] = "it is made, so there is nothing to explain"
    assert ("drivers/net/veth.c:veth_xmit -> dev_forward_skb", "") in found(Ledger(reasons).rows(), "stale")


def test_a_helper_of_the_ports_own_must_be_declared():
    reasons = read_reasons()
    names = {key.rpartition(":")[2] for key in reasons.helpers} - kernel_names()
    reasons.helpers.clear()
    assert found(Ledger(reasons).rows(), "unknown") == {(name, "") for name in names}


def test_a_module_that_is_not_there_is_told_of(capsys):
    assert main(["drivers/net/vteh.py"]) == 2
    assert capsys.readouterr().err.startswith("no module of the port is called drivers/net/vteh.py")


def test_a_broken_reasons_file_is_named(tmp_path):
    broken = tmp_path / "mine.toml"
    broken.write_text('[[calls]]\nfunction = "net/core/dev.c:netif_rx"\n')
    with pytest.raises(SystemExit, match=r"mine\.toml: KeyError\('calls'\)"):
        main([str(broken)])
