# SPDX-License-Identifier: GPL-2.0-only
"""net/ipv4/proc.c: /proc/net/sockstat, snmp and netstat, the counters of IPv4 as text.

The names and their order are those of 6.18. TCP, UDP-Lite and MPTCP are not in the port: their counters stand at 0.
"""

from __future__ import annotations

from typing import Any

from vethkernel.include.linux.inetdevice import IPV4_DEVCONF_ALL
from vethkernel.include.linux.seq_file import seq_file, seq_printf, seq_putc, seq_puts
from vethkernel.include.net.net_namespace import net, pernet_operations
from vethkernel.include.net.snmp import ICMPMSG_MIB_MAX
from vethkernel.include.uapi.linux.icmp import (
    ICMP_ADDRESS,
    ICMP_ADDRESSREPLY,
    ICMP_DEST_UNREACH,
    ICMP_ECHO,
    ICMP_ECHOREPLY,
    ICMP_PARAMETERPROB,
    ICMP_REDIRECT,
    ICMP_SOURCE_QUENCH,
    ICMP_TIME_EXCEEDED,
    ICMP_TIMESTAMP,
    ICMP_TIMESTAMPREPLY,
)
from vethkernel.include.uapi.linux.ip import IPV4_DEVCONF_FORWARDING
from vethkernel.include.uapi.linux.snmp import (
    ICMP_MIB_CSUMERRORS,
    ICMP_MIB_INERRORS,
    ICMP_MIB_INMSGS,
    ICMP_MIB_OUTERRORS,
    ICMP_MIB_OUTMSGS,
    ICMP_MIB_RATELIMITGLOBAL,
    ICMP_MIB_RATELIMITHOST,
    IPSTATS_MIB_CEPKTS,
    IPSTATS_MIB_CSUMERRORS,
    IPSTATS_MIB_ECT0PKTS,
    IPSTATS_MIB_ECT1PKTS,
    IPSTATS_MIB_FRAGCREATES,
    IPSTATS_MIB_FRAGFAILS,
    IPSTATS_MIB_FRAGOKS,
    IPSTATS_MIB_INADDRERRORS,
    IPSTATS_MIB_INBCASTOCTETS,
    IPSTATS_MIB_INBCASTPKTS,
    IPSTATS_MIB_INDELIVERS,
    IPSTATS_MIB_INDISCARDS,
    IPSTATS_MIB_INHDRERRORS,
    IPSTATS_MIB_INMCASTOCTETS,
    IPSTATS_MIB_INMCASTPKTS,
    IPSTATS_MIB_INNOROUTES,
    IPSTATS_MIB_INOCTETS,
    IPSTATS_MIB_INPKTS,
    IPSTATS_MIB_INTRUNCATEDPKTS,
    IPSTATS_MIB_INUNKNOWNPROTOS,
    IPSTATS_MIB_NOECTPKTS,
    IPSTATS_MIB_OUTBCASTOCTETS,
    IPSTATS_MIB_OUTBCASTPKTS,
    IPSTATS_MIB_OUTDISCARDS,
    IPSTATS_MIB_OUTFORWDATAGRAMS,
    IPSTATS_MIB_OUTMCASTOCTETS,
    IPSTATS_MIB_OUTMCASTPKTS,
    IPSTATS_MIB_OUTNOROUTES,
    IPSTATS_MIB_OUTOCTETS,
    IPSTATS_MIB_OUTPKTS,
    IPSTATS_MIB_OUTREQUESTS,
    IPSTATS_MIB_REASM_OVERLAPS,
    IPSTATS_MIB_REASMFAILS,
    IPSTATS_MIB_REASMOKS,
    IPSTATS_MIB_REASMREQDS,
    IPSTATS_MIB_REASMTIMEOUT,
    LINUX_MIB_ARPFILTER,
    LINUX_MIB_IPRPFILTER,
    UDP_MIB_CSUMERRORS,
    UDP_MIB_IGNOREDMULTI,
    UDP_MIB_INDATAGRAMS,
    UDP_MIB_INERRORS,
    UDP_MIB_MEMERRORS,
    UDP_MIB_NOPORTS,
    UDP_MIB_OUTDATAGRAMS,
    UDP_MIB_RCVBUFERRORS,
    UDP_MIB_SNDBUFERRORS,
)

PERLINE = 16  # message types on a line of IcmpMsg

snmp4_ipstats_list = {
    "InReceives": IPSTATS_MIB_INPKTS,
    "InHdrErrors": IPSTATS_MIB_INHDRERRORS,
    "InAddrErrors": IPSTATS_MIB_INADDRERRORS,
    "ForwDatagrams": IPSTATS_MIB_OUTFORWDATAGRAMS,
    "InUnknownProtos": IPSTATS_MIB_INUNKNOWNPROTOS,
    "InDiscards": IPSTATS_MIB_INDISCARDS,
    "InDelivers": IPSTATS_MIB_INDELIVERS,
    "OutRequests": IPSTATS_MIB_OUTREQUESTS,
    "OutDiscards": IPSTATS_MIB_OUTDISCARDS,
    "OutNoRoutes": IPSTATS_MIB_OUTNOROUTES,
    "ReasmTimeout": IPSTATS_MIB_REASMTIMEOUT,
    "ReasmReqds": IPSTATS_MIB_REASMREQDS,
    "ReasmOKs": IPSTATS_MIB_REASMOKS,
    "ReasmFails": IPSTATS_MIB_REASMFAILS,
    "FragOKs": IPSTATS_MIB_FRAGOKS,
    "FragFails": IPSTATS_MIB_FRAGFAILS,
    "FragCreates": IPSTATS_MIB_FRAGCREATES,
    "OutTransmits": IPSTATS_MIB_OUTPKTS,
}

snmp4_ipextstats_list = {
    "InNoRoutes": IPSTATS_MIB_INNOROUTES,
    "InTruncatedPkts": IPSTATS_MIB_INTRUNCATEDPKTS,
    "InMcastPkts": IPSTATS_MIB_INMCASTPKTS,
    "OutMcastPkts": IPSTATS_MIB_OUTMCASTPKTS,
    "InBcastPkts": IPSTATS_MIB_INBCASTPKTS,
    "OutBcastPkts": IPSTATS_MIB_OUTBCASTPKTS,
    "InOctets": IPSTATS_MIB_INOCTETS,
    "OutOctets": IPSTATS_MIB_OUTOCTETS,
    "InMcastOctets": IPSTATS_MIB_INMCASTOCTETS,
    "OutMcastOctets": IPSTATS_MIB_OUTMCASTOCTETS,
    "InBcastOctets": IPSTATS_MIB_INBCASTOCTETS,
    "OutBcastOctets": IPSTATS_MIB_OUTBCASTOCTETS,
    "InCsumErrors": IPSTATS_MIB_CSUMERRORS,
    "InNoECTPkts": IPSTATS_MIB_NOECTPKTS,
    "InECT1Pkts": IPSTATS_MIB_ECT1PKTS,
    "InECT0Pkts": IPSTATS_MIB_ECT0PKTS,
    "InCEPkts": IPSTATS_MIB_CEPKTS,
    "ReasmOverlaps": IPSTATS_MIB_REASM_OVERLAPS,
}

icmpmibmap = {
    "DestUnreachs": ICMP_DEST_UNREACH,
    "TimeExcds": ICMP_TIME_EXCEEDED,
    "ParmProbs": ICMP_PARAMETERPROB,
    "SrcQuenchs": ICMP_SOURCE_QUENCH,
    "Redirects": ICMP_REDIRECT,
    "Echos": ICMP_ECHO,
    "EchoReps": ICMP_ECHOREPLY,
    "Timestamps": ICMP_TIMESTAMP,
    "TimestampReps": ICMP_TIMESTAMPREPLY,
    "AddrMasks": ICMP_ADDRESS,
    "AddrMaskReps": ICMP_ADDRESSREPLY,
}

snmp4_udp_list = {
    "InDatagrams": UDP_MIB_INDATAGRAMS,
    "NoPorts": UDP_MIB_NOPORTS,
    "InErrors": UDP_MIB_INERRORS,
    "OutDatagrams": UDP_MIB_OUTDATAGRAMS,
    "RcvbufErrors": UDP_MIB_RCVBUFERRORS,
    "SndbufErrors": UDP_MIB_SNDBUFERRORS,
    "InCsumErrors": UDP_MIB_CSUMERRORS,
    "IgnoredMulti": UDP_MIB_IGNOREDMULTI,
    "MemErrors": UDP_MIB_MEMERRORS,
}

# TCP at rest: constants of RFC 2012, then counters.
snmp4_tcp_list = {"RtoAlgorithm": 1, "RtoMin": 200, "RtoMax": 120000, "MaxConn": -1} | dict.fromkeys(
    "ActiveOpens PassiveOpens AttemptFails EstabResets CurrEstab InSegs OutSegs RetransSegs InErrs OutRsts "
    "InCsumErrors".split(),
    0,
)

# The counters of /proc/net/netstat that something in the port counts; all others belong to TCP.
snmp4_net_list = {"ArpFilter": LINUX_MIB_ARPFILTER, "IPReversePathFilter": LINUX_MIB_IPRPFILTER}

tcpext_names = (
    "SyncookiesSent SyncookiesRecv SyncookiesFailed EmbryonicRsts PruneCalled RcvPruned OfoPruned OutOfWindowIcmps "
    "LockDroppedIcmps ArpFilter TW TWRecycled TWKilled PAWSActive PAWSEstab BeyondWindow TSEcrRejected PAWSOldAck "
    "PAWSTimewait DelayedACKs DelayedACKLocked DelayedACKLost ListenOverflows ListenDrops TCPHPHits TCPPureAcks "
    "TCPHPAcks TCPRenoRecovery TCPSackRecovery TCPSACKReneging TCPSACKReorder TCPRenoReorder TCPTSReorder TCPFullUndo "
    "TCPPartialUndo TCPDSACKUndo TCPLossUndo TCPLostRetransmit TCPRenoFailures TCPSackFailures TCPLossFailures "
    "TCPFastRetrans TCPSlowStartRetrans TCPTimeouts TCPLossProbes TCPLossProbeRecovery TCPRenoRecoveryFail "
    "TCPSackRecoveryFail TCPRcvCollapsed TCPBacklogCoalesce TCPDSACKOldSent TCPDSACKOfoSent TCPDSACKRecv "
    "TCPDSACKOfoRecv TCPAbortOnData TCPAbortOnClose TCPAbortOnMemory TCPAbortOnTimeout TCPAbortOnLinger "
    "TCPAbortFailed TCPMemoryPressures TCPMemoryPressuresChrono TCPSACKDiscard TCPDSACKIgnoredOld "
    "TCPDSACKIgnoredNoUndo TCPSpuriousRTOs TCPMD5NotFound TCPMD5Unexpected TCPMD5Failure TCPSackShifted "
    "TCPSackMerged TCPSackShiftFallback TCPBacklogDrop PFMemallocDrop TCPMinTTLDrop TCPDeferAcceptDrop "
    "IPReversePathFilter TCPTimeWaitOverflow TCPReqQFullDoCookies TCPReqQFullDrop TCPRetransFail TCPRcvCoalesce "
    "TCPOFOQueue TCPOFODrop TCPOFOMerge TCPChallengeACK TCPSYNChallenge TCPFastOpenActive TCPFastOpenActiveFail "
    "TCPFastOpenPassive TCPFastOpenPassiveFail TCPFastOpenListenOverflow TCPFastOpenCookieReqd TCPFastOpenBlackhole "
    "TCPSpuriousRtxHostQueues BusyPollRxPackets TCPAutoCorking TCPFromZeroWindowAdv TCPToZeroWindowAdv "
    "TCPWantZeroWindowAdv TCPSynRetrans TCPOrigDataSent TCPHystartTrainDetect TCPHystartTrainCwnd "
    "TCPHystartDelayDetect TCPHystartDelayCwnd TCPACKSkippedSynRecv TCPACKSkippedPAWS TCPACKSkippedSeq "
    "TCPACKSkippedFinWait2 TCPACKSkippedTimeWait TCPACKSkippedChallenge TCPWinProbe TCPKeepAlive TCPMTUPFail "
    "TCPMTUPSuccess TCPDelivered TCPDeliveredCE TCPAckCompressed TCPZeroWindowDrop TCPRcvQDrop TCPWqueueTooBig "
    "TCPFastOpenPassiveAltKey TcpTimeoutRehash TcpDuplicateDataRehash TCPDSACKRecvSegs TCPDSACKIgnoredDubious "
    "TCPMigrateReqSuccess TCPMigrateReqFailure TCPPLBRehash TCPAORequired TCPAOBad TCPAOKeyNotFound TCPAOGood "
    "TCPAODroppedIcmps"
).split()

mptcp_names = (
    "MPCapableSYNRX MPCapableSYNTX MPCapableSYNACKRX MPCapableACKRX MPCapableFallbackACK MPCapableFallbackSYNACK "
    "MPCapableSYNTXDrop MPCapableSYNTXDisabled MPCapableEndpAttempt MPFallbackTokenInit MPTCPRetrans "
    "MPJoinNoTokenFound MPJoinSynRx MPJoinSynBackupRx MPJoinSynAckRx MPJoinSynAckBackupRx MPJoinSynAckHMacFailure "
    "MPJoinAckRx MPJoinAckHMacFailure MPJoinRejected MPJoinSynTx MPJoinSynTxCreatSkErr MPJoinSynTxBindErr "
    "MPJoinSynTxConnectErr DSSNotMatching DSSCorruptionFallback DSSCorruptionReset InfiniteMapTx InfiniteMapRx "
    "DSSNoMatchTCP DataCsumErr OFOQueueTail OFOQueue OFOMerge NoDSSInWindow DuplicateData AddAddr AddAddrTx "
    "AddAddrTxDrop EchoAdd EchoAddTx EchoAddTxDrop PortAdd AddAddrDrop MPJoinPortSynRx MPJoinPortSynAckRx "
    "MPJoinPortAckRx MismatchPortSynRx MismatchPortAckRx RmAddr RmAddrDrop RmAddrTx RmAddrTxDrop RmSubflow MPPrioTx "
    "MPPrioRx MPFailTx MPFailRx MPFastcloseTx MPFastcloseRx MPRstTx MPRstRx SubflowStale SubflowRecover SndWndShared "
    "RcvWndShared RcvWndConflictUpdate RcvWndConflict MPCurrEstab Blackhole MPCapableDataFallback MD5SigFallback "
    "DssFallback SimultConnectFallback FallbackFailed WinProbe"
).split()


def sockstat_seq_show(seq: seq_file, v: Any) -> int:
    """/proc/net/sockstat: how many sockets there are. `net/ipv4/proc.c:52`"""
    net = seq.net
    seq_puts(seq, "sockets: used 0\n")
    seq_puts(seq, "TCP: inuse 0 orphan 0 tw 0 alloc 0 mem 0\nUDP: inuse 0 mem 0\nUDPLITE: inuse 0\nRAW: inuse 0\n")
    seq_printf(seq, "FRAG: inuse %d memory %d\n", ip_frag_nqueues(net), ip_frag_mem(net))
    return 0


def snmp_put(seq: seq_file, title: str, table: dict[str, int]) -> None:
    """Two lines: the names, and the values below them."""
    seq_puts(seq, f"{title}: {' '.join(table)}\n{title}: {' '.join(map(str, table.values()))}")


def icmpmsg_put(seq: seq_file) -> None:
    """The types of ICMP messages that were received or sent at all. `net/ipv4/proc.c:296`"""
    mibs = seq.net.mib.icmpmsg_statistics
    seen = [i for i in range(ICMPMSG_MIB_MAX) if mibs[i]]
    for at in range(0, len(seen), PERLINE):
        line = {f"{'Out' if i & 0x100 else 'In'}Type{i & 0xFF}": mibs[i] for i in seen[at : at + PERLINE]}
        seq_putc(seq, "\n")
        snmp_put(seq, "IcmpMsg", line)


def icmp_put(seq: seq_file) -> None:
    """The counters of ICMP. `net/ipv4/proc.c:322`"""
    mib = seq.net.mib.icmp_statistics
    types = seq.net.mib.icmpmsg_statistics
    table = {
        "InMsgs": mib[ICMP_MIB_INMSGS],
        "InErrors": mib[ICMP_MIB_INERRORS],
        "InCsumErrors": mib[ICMP_MIB_CSUMERRORS],
        **{f"In{name}": types[type] for name, type in icmpmibmap.items()},
        "OutMsgs": mib[ICMP_MIB_OUTMSGS],
        "OutErrors": mib[ICMP_MIB_OUTERRORS],
        "OutRateLimitGlobal": mib[ICMP_MIB_RATELIMITGLOBAL],
        "OutRateLimitHost": mib[ICMP_MIB_RATELIMITHOST],
        **{f"Out{name}": types[type | 0x100] for name, type in icmpmibmap.items()},
    }
    seq_putc(seq, "\n")
    snmp_put(seq, "Icmp", table)


def snmp_seq_show(seq: seq_file, v: Any) -> int:
    """/proc/net/snmp. `net/ipv4/proc.c:352`"""
    net = seq.net
    mib = net.mib.ip_statistics
    forwarding = 1 if IPV4_DEVCONF_ALL(net, IPV4_DEVCONF_FORWARDING) else 2
    first = {"Forwarding": forwarding, "DefaultTTL": net.ipv4.sysctl_ip_default_ttl}
    snmp_put(seq, "Ip", first | {name: mib[i] for name, i in snmp4_ipstats_list.items()})
    icmp_put(seq)
    icmpmsg_put(seq)
    udp = net.mib.udp_statistics
    for title, table in (
        ("Tcp", snmp4_tcp_list),
        ("Udp", {name: udp[i] for name, i in snmp4_udp_list.items()}),
        ("UdpLite", dict.fromkeys(snmp4_udp_list, 0)),
    ):
        seq_putc(seq, "\n")
        snmp_put(seq, title, table)
    seq_putc(seq, "\n")
    return 0


def netstat_seq_show(seq: seq_file, v: Any) -> int:
    """/proc/net/netstat. `net/ipv4/proc.c:436`"""
    counted = seq.net.mib.net_statistics
    tcpext = dict.fromkeys(tcpext_names, 0) | {name: counted[i] for name, i in snmp4_net_list.items()}
    snmp_put(seq, "TcpExt", tcpext)
    seq_putc(seq, "\n")
    mib = seq.net.mib.ip_statistics
    snmp_put(seq, "IpExt", {name: mib[i] for name, i in snmp4_ipextstats_list.items()})
    seq_putc(seq, "\n")
    snmp_put(seq, "MPTcpExt", dict.fromkeys(mptcp_names, 0))
    seq_putc(seq, "\n")
    return 0


def ip_proc_init_net(net: net) -> int:
    """A new namespace gets its files. `net/ipv4/proc.c:479`"""
    proc_create_net_single("sockstat", 0o444, net.proc_net, sockstat_seq_show, None)
    proc_create_net_single("netstat", 0o444, net.proc_net, netstat_seq_show, None)
    proc_create_net_single("snmp", 0o444, net.proc_net, snmp_seq_show, None)
    return 0


def ip_proc_exit_net(net: net) -> None:
    """The namespace ends. `net/ipv4/proc.c:499`"""
    for name in ("snmp", "netstat", "sockstat"):
        remove_proc_entry(name, net.proc_net)


def ip_misc_proc_init() -> int:
    """Have these files in every namespace. `net/ipv4/proc.c:511`"""
    return register_pernet_subsys(pernet_operations(init=ip_proc_init_net, exit=ip_proc_exit_net))


from vethkernel.fs.proc.proc_net import proc_create_net_single, remove_proc_entry
from vethkernel.net.core.net_namespace import register_pernet_subsys
from vethkernel.net.ipv4.ip_fragment import ip_frag_mem, ip_frag_nqueues
