/// All lessons, in the order in which they are best learned: a line each.
package enum Course {
    package static let lessons: [Lesson] = [
        .process,
        .namespaces,
        .files,
        .limits,
        .privileges,
        .images,
        .volumes,
        .machine,
    ]

    package static func lesson(_ name: String) -> Lesson? { lessons.first { $0.name == name } }
}
