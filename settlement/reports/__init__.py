"""What finance reads over everything below: reports from views, kept as files when they are asked for.

A report writes nothing but the file it was asked for; a figure on the page, in the CSV and in the workbook is the same.
"""
