import Containers
import Glibc
import Linux

enum EventsCommand: Command {
    static let name = "events"
    static let summary = "print a container's statistics, once or periodically, and when it runs out of memory"
    static let usage = "<container-id>"
    static let options = [
        OptionSpecification("stats", help: "print the statistics once and exit"),
        OptionSpecification(
            "interval", value: "TIME", help: "interval, such as 5s or 500ms (default 5s)"),
    ]

    static func run(_ options: Options, _ context: Context) throws -> Int32 {
        try options.noMore(than: 1)
        let id = try options.argument(0, "container-id")
        let interval = try interval(options.value("interval") ?? "5s")
        let runtime = try context.runtime()
        if options.flag("stats") {
            print(try runtime.figures(of: id))
            return 0
        }
        try runtime.follow(id, every: interval) { line in
            print(line)
            fflush(nil)
        }
        return 0
    }

    /// Milliseconds of a duration as Go writes it: `5s`, `1m`, `250ms`; a bare number is seconds.
    static func interval(_ text: String) throws -> Int {
        for (suffix, factor) in [("ms", 1), ("s", 1000), ("m", 60_000), ("", 1000)] where text.ends(suffix) {
            if let number = Int(text.dropLast(suffix.count)), number > 0, number <= 86_400_000 / factor {
                return number * factor
            }
        }
        throw UsageError("--interval '\(text)' is not a duration such as 5s")
    }
}
