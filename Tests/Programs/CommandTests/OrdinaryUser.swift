import Glibc
import Linux

/// A user who exists for a test alone: his name and his subordinate ids are shown to it in a mount namespace of its own, so that
/// newuidmap knows him.
enum OrdinaryUser {
    static let number = 54321
    static let canBecome = IsolabProgram.isRoot
    static let reason = "[user] becoming an ordinary user takes root"
    static let hasHelpers = access("/usr/bin/newuidmap", X_OK) == 0

    /// Runs a shell script as him, in his home, which is a directory of the place. `$isolab` is the program, whose files are shown
    /// to him wherever they are. /run is empty: nothing that root or a service left there helps him, or is in his way.
    ///
    /// - Parameters:
    ///   - subordinate: /etc/subuid and /etc/subgid.
    ///   - preparation: what root does before, in the place.
    static func shell(
        _ script: String, in place: Place, subordinate: String = "test:200000:65536\n", preparation: String = ":"
    ) throws -> IsolabProgram.Result {
        _ = try place.write(
            "root:x:0:0::/:/bin/sh\ntest:x:\(number):\(number)::\(place.path)/home:/bin/sh\n", to: "passwd")
        _ = try place.write(subordinate, to: "subordinate")
        _ = try place.write("set -e\n\(script)\n", to: "script")
        return try IsolabProgram.shell(
            """
            set -e
            mkdir -p home runtime programs
            \(preparation)
            chown \(number):\(number) home runtime
            chmod 700 runtime
            export HOME="$place/home" XDG_RUNTIME_DIR="$place/runtime" isolab="$place/programs/isolab"
            unset ISOLAB_DATA XDG_DATA_HOME XDG_CACHE_HOME SUDO_USER
            exec unshare --mount sh -c "mount --bind passwd /etc/passwd && touch /etc/subuid /etc/subgid &&
                mount --bind subordinate /etc/subuid && mount --bind subordinate /etc/subgid &&
                mount -t tmpfs run /run &&
                mount --bind \(IsolabProgram.directory) programs && cd home &&
                exec setpriv --reuid \(number) --regid \(number) --clear-groups sh ../script"
            """, in: place)
    }
}
