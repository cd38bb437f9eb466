using System.Collections.Concurrent;

namespace Gateway.EndToEnd.Tests.Serving.Faults;

/// <summary>Leaves all rows of a class of tests as a file beside the results, from where CI prints it, when the last test is over.</summary>
/// <param name="fileName">Ends in <c>.table</c>.</param>
/// <param name="header">The first line.</param>
public abstract class ResultTable(string fileName, string header) : IDisposable
{
    private readonly ConcurrentQueue<string> _rows = new();

    public void Add(string row) => _rows.Enqueue(row);

    public void Dispose()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Gateway.sln")))
        {
            folder = folder.Parent;
        }

        if (folder is not null && !_rows.IsEmpty)
        {
            var results = Directory.CreateDirectory(Path.Combine(folder.FullName, "artifacts", "results"));
            File.WriteAllText(Path.Combine(results.FullName, fileName), $"{header}\n{string.Join('\n', _rows)}\n");
        }

        GC.SuppressFinalize(this);
    }
}
