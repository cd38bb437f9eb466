using System.Collections.Concurrent;
using System.Reflection;

namespace Gateway.EndToEnd.Tests.Serving.Faults;

/// <summary>Leaves all rows of a class of tests as a file beside the results, from where CI prints it, when the last test is over.</summary>
/// <param name="fileName">Ends in <c>.table</c>.</param>
/// <param name="header">The first line.</param>
public abstract class ResultTable(string fileName, string header) : IDisposable
{
    /// <summary>Where the build leaves everything.</summary>
    private static readonly string Artifacts = typeof(ResultTable).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "Artifacts").Value!;

    private readonly ConcurrentQueue<string> _rows = new();

    public void Add(string row) => _rows.Enqueue(row);

    /// <summary>Adds what is played, also when it comes to no end: a table without the row would look whole.</summary>
    /// <param name="name">The row's, for when there is none.</param>
    /// <param name="play">Comes to a row, and to what else the test wants.</param>
    /// <param name="row">The row of it.</param>
    public async Task<T> PlayAsync<T>(string name, Func<Task<T>> play, Func<T, string> row)
    {
        try
        {
            var played = await play();
            Add(row(played));
            return played;
        }
        catch (Exception error)
        {
            Add($"{name}: failed: {error.Message.Split('\n')[0].TrimEnd()}");
            throw;
        }
    }

    public void Dispose()
    {
        if (!_rows.IsEmpty)
        {
            var results = Directory.CreateDirectory(Path.Combine(Artifacts, "results"));
            File.WriteAllText(Path.Combine(results.FullName, fileName), $"{header}\n{string.Join('\n', _rows)}\n");
        }

        GC.SuppressFinalize(this);
    }
}
