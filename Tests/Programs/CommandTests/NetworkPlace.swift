import Glibc
import Linux

/// A host of a test's own: a network namespace, in which its networks, rules and ports are nobody else's, and a data directory.
///
/// All that the host has of networks goes with the namespace.
enum NetworkPlace {
    static let canRun =
        EnginePlace.canRun && access("/usr/sbin/nft", X_OK) == 0 && ProcessPlan.path(of: "ip") != nil
    static let reason = "\(EnginePlace.reason), and networks nftables and iproute2"

    private static let words = """
        ip link set lo up; export ISOLAB_DATA="$place/own"
        "$isolab" image bootstrap busybox > /dev/null || exit 9
        run() { "$isolab" run "$@"; }; network() { "$isolab" network "$@"; }
        # start NAME OPTIONS…: a container in the background that serves its name on port 80, once it does.
        start() {
            name=$1; shift
            run -d --name $name "$@" busybox sh -c "mkdir /w && echo $name > /w/index.html && exec httpd -f -h /w" > /dev/null
            for i in $(seq 100); do "$isolab" exec $name grep -qs ':0050 ' /proc/net/tcp /proc/net/tcp6 && break; sleep 0.05; done
        }
        address() { "$isolab" inspect -f "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}" $1 | cut -d' ' -f${2:-1}; }
        ask() { timeout 3 busybox wget -q -O - "http://$1/" 2> /dev/null || echo unreachable; }
        finish() {
            "$isolab" rm -f $("$isolab" ps -aq) > /dev/null 2>&1
            ip netns pids beyond 2> /dev/null | xargs -r kill
        }

        """

    /// Runs a shell line on it, with its end.
    static func shell(_ line: String, in place: Place? = nil) throws -> IsolabProgram.Result {
        try IsolabProgram.shell(
            words + "trap finish EXIT\n" + line, in: place ?? Place(), prefix: ["unshare", "--net", "--mount"])
    }
}
