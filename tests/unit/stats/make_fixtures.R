# make_fixtures.R - writes fixtures.json: data and R's results for them. tests/unit/test_stats.c reads it.
# Needs R and its package coin (Debian: r-base-core, r-cran-coin):
#   Rscript tests/unit/stats/make_fixtures.R >tests/unit/stats/fixtures.json
# All results are R's own, with one exception: for ties and large samples this script finds the ends of
# an interval itself, because wilcox.test does not compute them exactly.
suppressPackageStartupMessages(library(coin))
RNGkind("Mersenne-Twister", "Inversion", "Rejection")
set.seed(20260101)

TAILS <- c("greater", "less")
LEVELS <- c(0.5, 0.8, 0.9, 0.95, 0.99)

number <- function(x) ifelse(is.finite(x), sprintf("%.17g", x), "null")
numbers <- function(x) paste0("[", paste(number(x), collapse = ","), "]")
object <- function(...) {
    fields <- list(...)
    paste0("{", paste0("\"", names(fields), "\":", fields, collapse = ",\n "), "}")
}
# greater, less, two-sided by R's rule for skewed distributions
tails <- function(p) numbers(c(p, min(1, 2 * min(p))))

# One interval per level; null if even the widest interval covers less than the level, for which R only
# prints a warning. The level passed to R is slightly lower: if an interval covers exactly the level, R
# would return the next wider one.
intervals <- function(of_level, missed_by_all = 0) paste0("[", paste(sapply(LEVELS, function(level) {
    if (2 * missed_by_all > (1 - level) * (1 + 1e-12)) numbers(c(NA, NA))
    else numbers(suppressWarnings(of_level(level - 1e-9)))
}), collapse = ","), "]")

# The interval between sorted estimates that starts at the given place.
between <- function(estimates, place) {
    place <- max(1, place)
    sort(estimates)[c(place, length(estimates) + 1 - place)]
}

paired <- function(d) {
    n <- length(d)
    averages <- outer(d, d, "+")[lower.tri(diag(n), diag = TRUE)] / 2
    if (all(d != 0) && !anyDuplicated(abs(d))) {
        p <- sapply(TAILS, function(t) wilcox.test(d, alternative = t, exact = TRUE)$p.value)
        stopifnot(all.equal(min(1, 2 * min(p)), wilcox.test(d, exact = TRUE)$p.value))
        shift <- wilcox.test(d, exact = TRUE, conf.int = TRUE, conf.level = 0.5)$estimate
        interval <- function(level)
            wilcox.test(d, exact = TRUE, conf.int = TRUE, conf.level = level)$conf.int
    } else {
        p <- sapply(TAILS, function(t) pvalue(wilcoxsign_test(
            d ~ rep(0, n), alternative = t, distribution = "exact", zero.method = "Wilcoxon")))
        shift <- median(averages)
        interval <- function(level) between(averages, qsignrank((1 - level) / 2, n))
    }
    object(values = numbers(d), p = tails(p), shift = number(shift),
           intervals = intervals(interval, psignrank(0, n)))
}

two_samples <- function(left, right) {
    differences <- outer(right, left, "-")
    both <- c(right, left)
    exact <- length(both) <= 100
    if (!anyDuplicated(both) || !exact) {
        p <- sapply(TAILS, function(t) wilcox.test(right, left, alternative = t, exact = exact)$p.value)
        stopifnot(all.equal(min(1, 2 * min(p)), wilcox.test(right, left, exact = exact)$p.value))
    } else {
        side <- factor(rep(c("right", "left"), c(length(right), length(left))), c("right", "left"))
        p <- sapply(TAILS, function(t) pvalue(wilcox_test(
            both ~ side, alternative = t, distribution = "exact")))
    }
    m <- length(left)
    n <- length(right)
    if (!exact) {
        mean <- m * n / 2
        sd <- sqrt(m * n * (m + n + 1) / 12)
        interval <- function(level) between(differences, floor(qnorm((1 - level) / 2, mean, sd) + 0.5))
        shift <- median(differences)
    } else if (!anyDuplicated(both)) {
        shift <- wilcox.test(right, left, exact = TRUE, conf.int = TRUE, conf.level = 0.5)$estimate
        interval <- function(level)
            wilcox.test(right, left, exact = TRUE, conf.int = TRUE, conf.level = level)$conf.int
    } else {
        shift <- median(differences)
        interval <- function(level) between(differences, qwilcox((1 - level) / 2, m, n))
    }
    object(left = numbers(left), right = numbers(right), p = tails(p), shift = number(shift),
           intervals = intervals(interval, if (exact) pwilcox(0, m, n) else 0))
}

# Eighths, so that sums and differences are exact on every machine.
eighths <- function(n, mean, sd) round(rnorm(n, mean, sd) * 8) / 8

paired_cases <- unlist(lapply(c(3:10, 12, 16, 24, 32), function(n) c(
    paired(rnorm(n, 0.4)),
    paired(eighths(n, 0.3, 0.5)),                # ties, and zeros among them
    paired(c(0, eighths(n - 1, -0.4, 0.3))))))   # at least one zero
sizes <- list(c(1, 4), c(3, 3), c(3, 8), c(4, 4), c(5, 5), c(8, 8), c(9, 4), c(8, 24), c(12, 11),
              c(20, 20), c(30, 7), c(30, 30))
two_cases <- c(unlist(lapply(sizes, function(s) c(
    two_samples(rnorm(s[1]), rnorm(s[2], 0.6)),
    two_samples(eighths(s[1], 0, 0.4), eighths(s[2], -0.2, 0.4))))),
    two_samples(rnorm(60), rnorm(41, 0.3)),
    two_samples(eighths(60, 0, 1), eighths(90, 0.3, 1)),
    two_samples(c(0, 1, 2)[rep(1:3, 30)], c(0, 1, 2)[rep(1:3, 20)]))
holm_cases <- sapply(list(0.03, c(0.01, 0.04, 0.03, 0.005), c(0.5, 0.9, 0.2), c(0.02, 0.02, 0.02, 1),
                          c(0, 1, 0.3), runif(40)^3),
                     function(p) object(p = numbers(p), adjusted = numbers(p.adjust(p, "holm"))))
share_cases <- apply(rbind(c(0, 1), c(1, 1), c(0, 20), c(20, 20), c(1, 20), c(7, 20), c(19, 20), c(3, 200),
                           c(100, 200), c(2, 1000), c(500, 1000), c(9990, 10000)), 1, function(c)
    object(hits = c[1], trials = c[2], intervals = paste0("[", paste(sapply(LEVELS, function(level)
        numbers(binom.test(c[1], c[2], conf.level = level)$conf.int)), collapse = ","), "]")))

list_of <- function(cases) paste0("[", paste(cases, collapse = ",\n"), "]")
cat(object(made_by = sprintf("\"R %s, coin %s\"", getRversion(), packageVersion("coin")),
           levels = numbers(LEVELS), paired = list_of(paired_cases), two_samples = list_of(two_cases),
           holm = list_of(holm_cases), shares = list_of(share_cases)), "\n", sep = "")
