/* fuzz_result.c - fuzzes the reader of result files. Valid files are also written as table, page,
 * plots and log.
 * Invariant: each text of a file is clean in the table, is escaped in the page, and is a tag of one
 * word in the log. */
#include "base/check.h"

#include "bench/plot/kinds.h"
#include "bench/plot/plot.h"
#include "bench/plot/write.h"
#include "bench/report/frame.h"
#include "bench/report/page.h"
#include "bench/report/table.h"
#include "bench/result/hlog.h"
#include "bench/result/result_file.h"
#include "bench/result/summary.h"
#include "bench/support/json_file.h"
#include "bench/support/reason.h"
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KINDS_MAX = 16 };

/* The folder of this process for the files of plots. */
static const char *plots_folder(void) {
    static char folder[128];
    if (*folder) return folder;
    snprintf(folder, sizeof folder, "build/fuzz/plots-%ld", (long)getpid());
    CHECK_OP(mkdir(folder, 0777), ==, 0);
    return folder;
}

/* The template of the page; it is read once. */
static const struct report_frame *page_frame(void) {
    static struct report_frame frame;
    struct reason reason;
    if (!frame.html) CHECK(report_frame_read(&frame, "plot", &reason));
    return &frame;
}

static void show_page(const struct summary *report) {
    struct report_picture pictures[KINDS_MAX] = {0};
    size_t count = 0, size = 0;
    char *page = NULL;
    struct reason reason;
    for (; plot_kinds[count].name; count++) {
        struct plot plot;
        CHECK_OP(count, <, KINDS_MAX);
        pictures[count].kind = &plot_kinds[count];
        plot_make(&plot, &plot_kinds[count], report);
        if (plot.count) CHECK(plot_write(&plot, report, "plot", plots_folder(), &reason));
        plot_free(&plot);
    }
    FILE *out = open_memstream(&page, &size);
    CHECK(out);
    report_html(out, &(struct report_page){.frame = page_frame(),
                                           .summary = report,
                                           .pictures = pictures,
                                           .picture_count = count,
                                           .folder = "plots"});
    fclose(out);
    CHECK(!strstr(page, "<script"));
    fuzz_check_lines(page);
    free(page);
}

/* Writes the log. Each line after the header must have a tag, three numbers and a histogram. */
static void show_log(const cJSON *document) {
    struct hlog log;
    struct reason reason;
    if (hlog_from_result(&log, document, &reason)) {
        const char *line = strstr(log.text.data, "\n\"StartTimestamp\"");
        CHECK(line);
        for (line = strchr(line + 1, '\n') + 1; *line; line = strchr(line, '\n') + 1) {
            CHECK_OP(strncmp(line, "Tag=", 4), ==, 0);
            for (int i = 0; i < 4; i++) {
                const char *end = line + strcspn(line, ", \t\r\n");
                CHECK_OP(*end, ==, ',');
                CHECK(i == 0 || strspn(line, "0123456789.") == (size_t)(end - line));
                line = end + 1;
            }
            CHECK_OP(strncmp(line, "HISTFAAA", 8), ==, 0);
            log.histograms--;
        }
        CHECK_OP(log.histograms, ==, 0);
    } else {
        fuzz_check_reason(reason.text);
    }
    hlog_clear(&log);
}

/* Takes ownership of `document`. */
static void show(cJSON *document) {
    static const char *const paths[2] = {"a.json", "b.json"};
    struct summary report;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    CHECK(out);
    table_print(out, cJSON_Duplicate(document, true), paths[0], (struct terminal){.columns = 80});
    fclose(out);
    fuzz_check_lines(text);
    free(text);
    cJSON **files = calloc(2, sizeof *files);
    CHECK(files);
    files[0] = document;
    files[1] = cJSON_Duplicate(document, true);
    summary_build(&report, files, paths, 2);
    show_page(&report);
    summary_clear(&report);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct reason reason;
    char *text = fuzz_text(data, size);
    cJSON *document = json_text_parse(text, size, &reason);
    free(text);
    if (document && result_file_check(fuzz_schema(FUZZ_RESULT_SCHEMA), document, &reason)) {
        show_log(document);
        show(document);
        return 0;
    }
    fuzz_check_reason(reason.text);
    cJSON_Delete(document);
    return 0;
}
