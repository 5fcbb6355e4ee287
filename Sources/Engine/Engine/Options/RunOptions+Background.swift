import Containers
import Linux
import OCI

extension RunOptions {
    /// What the container's keeper must know, in the foreground, too: it may be started in the background later.
    func background(of image: ImageConfiguration, _ facts: RunFacts) throws(OptionError) -> BackgroundRecord {
        var record = BackgroundRecord()
        record.restart = restart
        record.log = log
        // An image may say what is no signal; then it is the usual one, as with Docker.
        record.stopSignal = Int64(
            (stopSignal ?? image.execution.stopSignal).flatMap(SignalNumber.parse).flatMap { $0 > 0 ? $0 : nil } ?? 15)
        record.hasInput = interactive
        record.inputOnce = interactive && !detaches
        record.healthcheck = try health.check(over: image.execution)
        record.directories = imageVolumes(of: image).paths
        record.isVolatile = removes
        record.needsCgroup = needsCgroup
        record.mayLackCgroup = facts.inUserNamespace && !needsCgroup
        return record
    }

    /// What only both together say wrong, of what concerns runs in the background.
    func validateBackground() throws(OptionError) {
        if restart.kind != .no, removes {
            throw OptionError(
                "--restart", restart.text, "conflicts with --rm: a container that is removed does not run again")
        }
    }
}
