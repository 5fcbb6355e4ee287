import CLinux

/// Signals that ask this program to end and are blocked: SIGINT, SIGTERM, SIGHUP, SIGQUIT.
package enum RequestToEnd {
    /// The first of them that is pending, 0 where none is. Allocates nothing.
    package static var pending: Int32 { isolab_pending_request_to_end() }
}
